import { describe, expect, it } from "vitest";
import { contextBudget } from "../../../src/experiments/ttft/context-budget.js";

describe("contextBudget", () => {
  it.each([
    ["keeps the margin below the limit the server tells", 131_072, 32_768, 30_720],
    ["takes a smaller context as it is", 1_000, 32_768, 1_000],
    ["takes the default for the limit where the server tells none", 131_072, null, 129_024],
    ["takes a small context as it is where the server tells none", 1_000, null, 1_000],
    ["takes 4,096 as a context and 4,097 as a limit", 4_096, null, 4_096],
    ["takes 4,096 as a context and 4,097 as a limit", 4_097, null, 2_049],
  ])("%s", (_, maxTokens, limit, budget) => {
    expect(contextBudget({ maxTokens, limit, marginTokens: 2_048 })).toBe(budget);
  });

  it("says what to lower when the limit leaves no room beside the margin", () => {
    expect(() => contextBudget({ maxTokens: 500, limit: 2_048, marginTokens: 2_048 })).toThrow(
      "safety_margin must be below the model's limit of 2048 tokens",
    );
  });
});
