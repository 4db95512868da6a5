import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GATED, type Gated, gateWords, parseGate } from "../../../src/domain/records/gate.js";

describe("parseGate", () => {
  it.each([
    ["ttft_p95>0.5", "load", 0.51, 0.5],
    ["ttft_p95 >= 0.5", "load", 0.5, 0.49],
    [" TTFT_median > 200ms ", "ttft", 0.21, 0.2],
    ["cold_ttft_p99.9>2s", "ttft", 2.1, 2],
    ["itl_mean<0.01", "blend", 0.009, 0.01],
    ["speedup<2", "blend", 1.99, 2],
    ["speedup_low<=1", "quality", 1, 1.01],
    ["goodput<5", "load", 4.9, 5],
    ["errors>0", "proxy", 1, 0],
    ["errors", "ttft", 1, 0],
    ["unproven", "load", 3, 0],
    ["error_share>1%", "load", 0.011, 0.01],
    ["cached_share<0.5", "load", 0.49, 0.5],
    ["error_share>=100%", "load", 1, 0.99],
    ["difference<-2%", "quality", -0.021, -0.02],
    ["retained<102%", "quality", 1.01, 1.03],
    ["difference<-0.02", "quality", -0.021, -0.02],
    ["overhead>-1ms", "proxy", 0, -0.001],
    ["not no-worse", "quality", 0, 1],
    ["not no_worse", "quality", 0, 1],
  ] as const)("%j fails a value beyond its limit and no other", (text, command, failing, holding) => {
    const gate = parseGate(text, command);
    expect(gate.fails(failing)).toBe(true);
    expect(gate.fails(holding)).toBe(false);
    expect(gate.text).toBe(text);
  });

  it.each([
    ["", "ttft", "must be a rule such as"],
    [">0.5", "ttft", "must be a rule such as"],
    ["ttft_p95=0.5", "ttft", "must be a rule such as"],
    ["ttft_p95>", "ttft", "must be a rule such as"],
    ["ttft_p95", "ttft", "needs a limit, as in 'ttft_p95>0.5'"],
    ["ttft_p95>soon", "ttft", "needs a number behind >"],
    ["ttft_p95>50%", "ttft", "needs a number behind >"],
    ["ttft_p95>NaN", "ttft", "needs a number behind >"],
    ["ttft_p95>Infinity", "ttft", "needs a number behind >"],
    ["errors>1e999", "ttft", "needs a number behind >"],
    [
      "error_share>5",
      "ttft",
      "needs a limit from 0 to 1, as error_share is, or in %, as in 'error_share>5%'",
    ],
    ["cached_share<80", "load", "needs a limit from 0 to 1"],
    ["error_share>500%", "load", "needs a limit from 0 to 1"],
    ["goodput_share<-0.1", "load", "needs a limit from 0 to 1"],
    ["score<60", "quality", "needs a limit from 0 to 1"],
    ["difference<-2", "quality", "needs a limit from -1 to 1"],
    ["ttft_p0>1", "ttft", "must ask for a percentile above 0 and below 100, such as ttft_p95"],
    ["cold_e2e_p100>1", "ttft", "must ask for a percentile above 0 and below 100"],
    ["ttft>1", "ttft", "must ask for one of"],
    ["latency_p95>1", "load", "must ask for one of"],
    ["goodput<5", "ttft", "must ask for one of"],
    ["cold_ttft_p95>1", "load", "must ask for one of"],
    ["unproven", "proxy", "must ask for one of"],
    ["toString>1", "ttft", "must ask for one of"],
    ["no-worse", "quality", "must be 'not no-worse'"],
    ["not no-worse>1", "quality", "must be 'not no-worse'"],
    ["not no-worse", "blend", "must ask for one of"],
    ["not errors", "ttft", "can only deny no-worse"],
  ] as const)("refuses %j of %s with the rule", (text, command, rule) => {
    expect(() => parseGate(text, command)).toThrow(rule);
  });

  it("understands every word that its help names", () => {
    for (const command of Object.keys(GATED) as Gated[]) {
      const [, ...names] = gateWords(command).split(", ");
      for (const name of names)
        expect(() =>
          parseGate(name.startsWith("'") ? name.slice(1, -1) : `${name}>1`, command),
        ).not.toThrow();
    }
  });

  it("reads any limit back as it was written", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        (limit, value) => {
          expect(parseGate(`speedup<${limit}`, "blend").fails(value)).toBe(value < limit);
          expect(parseGate(`ttft_median>${limit}`, "blend").fails(value)).toBe(value > limit);
        },
      ),
    );
  });
});
