import { describe, expect, it } from "vitest";
import { type LaunchOptions, shellScript } from "../../src/launch/launch.js";
import { RECIPES } from "../../src/launch/recipes.js";

const options = (fields: Partial<LaunchOptions>): LaunchOptions => ({
  model: "mistralai/Mistral-7B-Instruct-v0.2",
  gpus: 1,
  port: 8000,
  contextTokens: null,
  redis: null,
  recomputeRatio: 0.15,
  providerUrl: "http://localhost:8000/v1",
  ...fields,
});

describe("a script", () => {
  it("has no line that a terminal of 120 columns breaks, but those of a single long word", () => {
    for (const recipe of Object.values(RECIPES)) {
      const comments = shellScript(recipe.launch(options({})))
        .split("\n")
        .filter((line) => line.startsWith("#") && !line.includes("firsttoken"));
      for (const line of comments) expect(line.length).toBeLessThanOrEqual(120);
    }
  });

  it("splits the model over the cards only when there are several", () => {
    const one = shellScript(RECIPES.vllm.launch(options({ gpus: 1 })));
    expect(one).not.toContain("--tensor-parallel-size");
    expect(shellScript(RECIPES.vllm.launch(options({ gpus: 2 })))).toContain("--tensor-parallel-size 2");
  });
});
