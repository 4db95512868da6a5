import { describe, expect, it } from "vitest";
import type { Step } from "../../src/mock/http/response.js";
import { mockApi } from "../../src/mock/mock-api.js";
import type { MockSettings } from "../../src/mock/mock-options.js";
import { random } from "../../src/stats/random.js";

const SETTINGS: MockSettings = {
  firstTokenDelaySeconds: 0.1,
  chunks: 200,
  chunkGapSeconds: 0.01,
  jitter: 0,
  faults: {},
  seed: 1,
  stamps: false,
};

/** An API with a clock that goes on by 1 ns whenever it is read. */
function api(settings: Partial<MockSettings>) {
  const all = { ...SETTINGS, ...settings };
  let nanoseconds = 0n;
  const answering = mockApi(all, {
    random: random(all.seed),
    now: () => ++nanoseconds,
    wallTime: () => 1_790_000_000_999,
  });
  return (body: unknown): Step[] => {
    const head = {
      method: "POST",
      path: "/v1/chat/completions",
      minor: 1,
      keepAlive: true,
      expectsContinue: false,
      host: undefined,
      origin: undefined,
      fetchSite: undefined,
      body: "chunked",
    } as const;
    const answer = answering.request({ head, body: Buffer.from(JSON.stringify(body)) });
    const steps: Step[] = [];
    for (let next = answer.next(); next.done !== true; next = answer.next()) steps.push(next.value);
    return steps;
  };
}

const waits = (steps: readonly Step[]) =>
  steps.flatMap((step) => ("waitSeconds" in step ? [step.waitSeconds] : []));
const text = (steps: readonly Step[]) => steps.map((step) => ("write" in step ? step.write : "")).join("");

describe("an answer of the mock provider", () => {
  it("waits as it was told: before the first chunk and between chunks, or before a whole answer", () => {
    const ask = api({ chunks: 4 });
    expect(waits(ask({ stream: true }))).toEqual([0.1, 0.01, 0.01, 0.01]);
    expect(waits(ask({}))).toEqual([0.1]);
  });

  it("spreads each wait evenly over 1 ± jitter", () => {
    const [first, ...gaps] = waits(api({ jitter: 0.5 })({ stream: true }));
    expect(first).toBeGreaterThanOrEqual(0.05);
    expect(first).toBeLessThanOrEqual(0.15);
    expect(gaps).toHaveLength(199);
    for (const gap of gaps) expect(Math.abs(gap - 0.01)).toBeLessThanOrEqual(0.005);
    // The mean of 199 even draws has a standard error of 0.005 / √3 / √199; five of them are allowed.
    expect(Math.abs(gaps.reduce((sum, gap) => sum + gap) / 199 - 0.01)).toBeLessThan(0.00103);
  });

  it("draws a request's waits from the seed and its number, whatever else was asked between", () => {
    const one = api({ jitter: 0.3 });
    const same = api({ jitter: 0.3 });
    const first = waits(one({ stream: true }));
    expect(waits(same({}))).toEqual([first[0]]);
    const second = waits(one({ stream: true }));
    expect(second).not.toEqual(first);
    expect(waits(same({ stream: true }))).toEqual(second);
    expect(waits(api({ jitter: 0.3, seed: 2 })({ stream: true }))).not.toEqual(first);
  });

  it("goes out in one write, with one stamp, where chunks have no gap", () => {
    const steps = api({ firstTokenDelaySeconds: 0, chunkGapSeconds: 0, chunks: 3, stamps: true })({
      stream: true,
    });
    expect(steps.every((step) => "write" in step)).toBe(true);
    expect(text(steps).match(/"@\d+ "/g)).toEqual(['"@1 "', '"@1 "', '"@1 "']);
  });

  it("stamps each chunk anew where it was waited for", () => {
    const steps = api({ chunks: 3, stamps: true })({ stream: true });
    expect(text(steps).match(/"@\d+ "/g)).toEqual(['"@1 "', '"@2 "', '"@3 "']);
  });

  it("has a number of its own, and says when it was made", () => {
    const ask = api({});
    expect(text(ask({}))).toContain(
      '"id":"chatcmpl-mock-1","object":"chat.completion","created":1790000000,',
    );
    expect(text(ask({}))).toContain('"id":"chatcmpl-mock-2"');
  });
});
