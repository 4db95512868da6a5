import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { objectivesOf, parseObjectives } from "../../../src/domain/records/objectives.js";

describe("parseObjectives", () => {
  it("reads seconds, and milliseconds that say so", () => {
    expect(parseObjectives("ttft=0.5,itl=0.05,e2e=10")).toEqual({
      ttftSeconds: 0.5,
      itlSeconds: 0.05,
      e2eSeconds: 10,
    });
    expect(parseObjectives(" TTFT = 500ms , tpot=.05s")).toEqual({ ttftSeconds: 0.5, tpotSeconds: 0.05 });
  });

  it.each([
    ["", "must be a list such as"],
    ["ttft", "needs seconds above 0 for ttft"],
    ["ttft=", "needs seconds above 0 for ttft"],
    ["ttft=0", "needs seconds above 0 for ttft"],
    ["ttft=-1", "needs seconds above 0 for ttft"],
    ["ttft=soon", "needs seconds above 0 for ttft"],
    ["ttft=Infinity", "needs seconds above 0 for ttft"],
    ["ttft=1e999", "needs seconds above 0 for ttft"],
    ["latency=1", "must be a list such as"],
    ["ttft=1,ttft=2", "must state ttft once"],
    ["ttft=1=2", "must be a list such as"],
    ["ttft=1,", "must be a list such as"],
    ["constructor=1", "must be a list such as"],
  ])("refuses %j with the rule", (text, rule) => {
    expect(() => parseObjectives(text)).toThrow(rule);
  });

  it("reads back what it would write", () => {
    const seconds = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        fc.record({ ttft: seconds, itl: seconds, e2e: seconds }, { requiredKeys: ["ttft"] }),
        (stated) => {
          const text = Object.entries(stated).map(([time, value]) => `${time}=${value}`);
          const read = objectivesOf(parseObjectives(text.join(",")));
          expect(Object.fromEntries(read.map(({ time, seconds }) => [time, seconds]))).toEqual(stated);
        },
      ),
    );
  });
});

describe("objectivesOf", () => {
  it("refuses what is no objective, by its name", () => {
    expect(() => objectivesOf({ ttftSeconds: 0 })).toThrow(
      "slo.ttftSeconds must be a number of seconds above 0",
    );
    expect(() => objectivesOf({ ttft: 1 } as object)).toThrow("slo.ttft must be one of ttftSeconds");
    expect(() => objectivesOf("ttft=1" as unknown as object)).toThrow("slo must be an object");
  });
});
