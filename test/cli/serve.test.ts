import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { firsttokenHere } from "../support/cli-here.js";

describe("firsttoken serve --model", () => {
  it("with no such path says so and ends", async () => {
    const ended = await firsttokenHere(["serve", "--model", "./nowhere.gguf", "--port", "0"]);
    expect(ended.stderr).toContain("model must be one of a Hugging Face folder, a GGUF file, ");
    expect([ended.stdout, ended.code]).toEqual(["", 2]);
  });

  it("is told in the help, with the page on language models in the package", async () => {
    const { stdout } = await firsttokenHere(["serve", "--help"]);
    expect(stdout).toContain("firsttoken serve --model ./SmolLM2-135M-Instruct.Q4_1.gguf");
    const page = readFileSync(new URL("../../docs/language-models.md", import.meta.url), "utf8");
    expect(page).toContain("firsttoken serve --model ./SmolLM2-135M-Instruct.Q4_1.gguf");
  });
});
