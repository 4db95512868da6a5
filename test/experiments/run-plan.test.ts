import { describe, expect, it } from "vitest";
import { planFacts } from "../../src/experiments/run-plan.js";

const planOf = (asked: Readonly<Record<string, unknown>>) =>
  planFacts({ cells: ["40 tokens, trial 1"], shard: undefined }, asked).plan_id;

describe("the hash of a plan", () => {
  it.each([
    ["servers", { server: "http://a:1" }, { server: "http://b:2" }],
    ["the order of keys", { runs: 1, body: { a: 1, b: 2 } }, { body: { b: 2, a: 1 }, runs: 1 }],
    ["a run's own lines", { prompt_nonce: "x", run: "1" }, { prompt_nonce: "y", run: "2" }],
    [
      "where methods are served",
      { methods: { A: { method: "full_prefill", server: "http://a:1" } } },
      { methods: { A: { method: "full_prefill", server: "http://b:2" } } },
    ],
  ])("does not tell %s apart", (_, one, other) => {
    expect(planOf(one)).toBe(planOf(other));
  });

  it.each([
    ["fields of requests, whatever their name", { body: { run: 3 } }, { body: { run: 4 } }],
    ["a field from none", { body: {} }, { body: { server: "fast" } }],
    [
      "methods, whatever their label",
      { methods: { server: { recompute_ratio: 0.1 } } },
      { methods: { server: { recompute_ratio: 0.2 } } },
    ],
    ["runs with lines of their own from others", { prompt_nonce: "x" }, { prompt_nonce: null }],
  ])("tells %s apart", (_, one, other) => {
    expect(planOf(one)).not.toBe(planOf(other));
  });
});
