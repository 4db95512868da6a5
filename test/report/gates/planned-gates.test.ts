import { describe, expect, it } from "vitest";
import { OptionError } from "../../../src/domain/errors/errors.js";
import { type Gated, parseGate } from "../../../src/domain/records/gate.js";
import { aloneWithout, type GatePlan, requireJudgeable } from "../../../src/report/gates/planned-gates.js";

const plan = (count: number, more: Partial<GatePlan> = {}): GatePlan => ({
  requests: () => ({ count, by: "--requests" }),
  ...{ alone: null, interval: { count: 5, needs: 6, of: "blocks", by: "--blocks" } },
  ...more,
});

const refusal = (text: string, planned: GatePlan, command: Gated = "load"): string | null => {
  try {
    requireJudgeable([parseGate(text, command)], planned);
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError);
    return (error as Error).message;
  }
};

describe("a gate that a run can't be judged by", () => {
  it("is refused where its percentile needs more requests than are planned", () => {
    expect(refusal("ttft_p99>0.5", plan(99))).toBe(
      '--fail-if can\'t be judged by this run: a p99 needs 100 requests, and a row has 99 (--requests); received "ttft_p99>0.5".',
    );
    for (const [text, fewest] of [
      ["itl_p99.9>1", 1_000],
      ["e2e_p95>1", 20],
    ] as const) {
      expect(refusal(text, plan(fewest - 1))).toContain(`needs ${fewest} requests`);
      expect(refusal(text, plan(fewest))).toBeNull();
    }
    for (const text of ["tpot_p50>1", "ttft_median>1", "ttft_mean>1", "errors", "goodput<1"])
      expect(refusal(text, plan(1))).toBeNull();
    expect(refusal("ttft_p99>0.5", plan(0, { requests: () => null }))).toBeNull();
  });

  it("is refused where it compares and nothing is compared, or asks for an interval that there won't be", () => {
    const alone = { alone: "nothing is compared" };
    for (const text of ["speedup<2", "speedup_low<1"])
      expect(refusal(text, plan(100, alone))).toContain("by this run: nothing is compared; received");
    for (const text of ["not no-worse", "difference<0"])
      expect(refusal(text, plan(100, alone), "quality")).toContain("nothing is compared");
    expect(refusal("speedup<2", plan(100))).toBeNull();
    expect(refusal("speedup_low<1", plan(100))).toContain("needs 6 blocks, and a row has 5 (--blocks)");
    expect(refusal("overhead_high>1", plan(100), "proxy")).toContain("needs 6 blocks");
    expect(refusal("speedup_low<1", plan(100, { interval: null }))).toBeNull();
  });
});

it("knows which methods have nothing to be compared with", () => {
  expect(aloneWithout(undefined)).toBeNull();
  expect(aloneWithout(["full_prefill", "prefix_cache"])).toBeNull();
  expect(aloneWithout(["full_prefill"], true)).toBeNull();
  for (const methods of [["full_prefill"], ["prefix_cache"], ["prefix_cache", "cacheblend"]])
    expect(aloneWithout(methods)).toContain("--methods must name full");
});
