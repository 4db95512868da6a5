import { describe, expect, it } from "vitest";
import { clientLimit } from "../../../src/domain/records/client-limit.js";

const pace = { cpu: 0.5, delaySeconds: 0, scheduleDelaySeconds: 0, medianLatencySeconds: 0.1 };

describe("whether the client set the pace", () => {
  it.each([
    ["none", {}],
    ["busy", { cpu: 0.9 }],
    ["none", { cpu: 0.899 }],
    ["none", { delaySeconds: 0.01, scheduleDelaySeconds: 0.01 }],
    ["late to sockets", { delaySeconds: 0.011 }],
    ["late to start", { scheduleDelaySeconds: 0.011, delaySeconds: 0.0105 }],
    ["none", { delaySeconds: 0.005, medianLatencySeconds: null }],
    ["late to sockets", { delaySeconds: 0.0051, medianLatencySeconds: 0.001 }],
    ["none", { cpu: null, delaySeconds: null, scheduleDelaySeconds: null, medianLatencySeconds: null }],
  ])("is said by one rule: %s of %j", (limit, known) => {
    expect(clientLimit({ ...pace, ...known })).toBe(limit);
  });
});
