import { describe, expect, it } from "vitest";
import { wholePrompt } from "../../src/domain/records/chunked-prompt.js";
import { workloads } from "../../src/index.js";
import { random } from "../../src/stats/random.js";
import { openaiCounter } from "../../src/tokens/local-tokenizers.js";
import { expectedCached } from "../../src/workloads/expected.js";
import type { Workload } from "../../src/workloads/workload.js";

const tokens = openaiCounter("gpt-4o")!;
const requestsOf = (workload: Workload, count: number, before = 0) =>
  workload.requests(tokens, { texts: random("nonce"), order: random("seed"), count, before });

const chats = workloads.sessions({
  turns: 3,
  sessions: 2,
  systemTokens: 50,
  messageTokens: 20,
  answerTokens: 30,
});

describe("sessions", () => {
  it("send the whole history with every turn, each of exactly its length", async () => {
    const requests = await requestsOf(chats, 6);
    expect(requests.map(({ session, turn }) => `${session}, turn ${turn}`)).toEqual([
      "session 1, turn 1",
      "session 2, turn 1",
      "session 1, turn 2",
      "session 2, turn 2",
      "session 1, turn 3",
      "session 2, turn 3",
    ]);
    for (const { prompt, turn, contextTokens } of requests) {
      expect(contextTokens).toBe(50 + (turn! - 1) * 50);
      expect(await tokens.count(wholePrompt(prompt))).toBe(contextTokens + 20);
    }
    const [first, , second] = requests;
    expect(wholePrompt(second!.prompt).startsWith(wholePrompt(first!.prompt))).toBe(true);
  });

  it("begin anew where one ends, whatever the block", async () => {
    const all = await requestsOf(chats, 10);
    expect(all.slice(6).map(({ session, turn }) => [session, turn])).toEqual([
      ["session 3", 1],
      ["session 4", 1],
      ["session 3", 2],
      ["session 4", 2],
    ]);
    expect(await requestsOf(chats, 4, 6)).toEqual(all.slice(6));
  });

  it("leave a cache the system prompt and the last turn's whole prompt, but not the made-up answer", async () => {
    const found = expectedCached(await requestsOf(chats, 6)).map(({ prefixTokens }) => prefixTokens);
    expect(found).toEqual([0, 50, 70, 70, 120, 120]);
  });

  it("begin so often that on average as many are under way as asked, where only their pauses are given", async () => {
    // Little's law: 6 chats of 3 turns, 2 seconds apart, begin once a second.
    const timed = workloads.sessions({ turns: 3, thinkSeconds: 2, sessions: 6 });
    expect(timed.settings.sessionsPerSecond).toBe(1);
    expect(timed.ownRatePerSecond).toBe(3);
  });

  it("come at their own times where pauses are given, turns a pause apart and in order", async () => {
    const timed = workloads.sessions({ turns: 3, thinkSeconds: 2, sessionsPerSecond: 1 });
    const requests = await requestsOf(timed, 40);
    const starts = requests.map(({ startsAtSeconds }) => startsAtSeconds!);
    expect(starts[0]).toBe(0);
    expect([...starts].sort((a, b) => a - b)).toEqual(starts);
    for (const { session, turn, startsAtSeconds } of requests) {
      const next = requests.find((one) => one.session === session && one.turn === turn! + 1);
      if (next !== undefined) expect(next.startsAtSeconds! - startsAtSeconds!).toBeCloseTo(2, 9);
    }
    const later = await requestsOf(timed, 20, 20);
    expect(later.map(({ session, turn }) => [session, turn])).toEqual(
      requests.slice(20).map(({ session, turn }) => [session, turn]),
    );
    expect(later[0]!.startsAtSeconds).toBe(0);
    expect(later[19]!.startsAtSeconds).toBeCloseTo(starts[39]! - starts[20]!, 9);
  });

  it.each([
    [{ turns: 0 }, "turns must be a whole number of at least 1; received 0."],
    [{ turns: 2, answerTokens: -5 }, "answerTokens must be a whole number of at least 8; received -5."],
    [{ turns: 2, thinkSeconds: 0, sessionsPerSecond: 1 }, "thinkSeconds must be above 0; received 0."],
    [{ turns: 2, sessionsPerSecond: 1 }, /sessionsPerSecond needs thinkSeconds/],
  ])("refuse %j", (options, message) => {
    expect(() => workloads.sessions(options)).toThrow(message);
  });
});
