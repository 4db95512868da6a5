import { expect, it } from "vitest";
import { runLine } from "../../src/cli/screen/limit-screen.js";

it("says why a run failed that enough of its requests met", () => {
  const run = { label: "Full prefill", ratePerSecond: 47.6, met: false, share: 1, clientWasLimit: false };
  expect(runLine(run)).toBe(
    "Full prefill at 47.6/s: not met, though by 100 % of the requests: TTFT rose or fell over the run",
  );
  expect(runLine({ ...run, share: 0.83 })).toBe("Full prefill at 47.6/s: not met, by 83 % of the requests");
});
