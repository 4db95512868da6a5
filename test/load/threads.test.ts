import { describe, expect, it } from "vitest";
import type { LoadPlan } from "../../src/load/load-plan.js";
import { runLoad } from "../../src/load/run-load.js";
import { random } from "../../src/stats/random.js";
import {
  chunk,
  DONE,
  delta,
  json,
  LAST_CHUNK,
  ROLE,
  STREAM_HEAD,
  serveScript,
} from "../client/scripted-server.js";
import { answerWhole, gateServer } from "./gate-server.js";

const plan = (url: string, rest: Partial<LoadPlan>): LoadPlan => ({
  url,
  apiKey: "sk-0123456789",
  mode: "chat",
  body: {},
  requests: 40,
  arrivals: { kind: "closed", concurrency: 8 },
  timeoutSeconds: 20,
  ...rest,
});

describe("the threads of a load", () => {
  const loops: LoadPlan["arrivals"][] = [
    { kind: "closed", concurrency: 8 },
    { kind: "open", ratePerSecond: 400, spacing: "poisson", seed: 1 },
  ];
  it.each(loops)("count the same, however many they are ($kind loop)", async (arrivals) => {
    for (const threads of [0, 1, 2, 3]) {
      const server = await serveScript(({ headers: _ }) =>
        server.requests.length % 4 === 3
          ? [json({ error: { message: "key sk-0123456789 is over its limit" } }, "429 Too Many Requests")]
          : [json({ choices: [{ message: { content: "Hello" } }] })],
      );
      try {
        const { requests, seconds, client } = await runLoad(plan(server.url, { arrivals, threads }));
        expect(server.requests).toHaveLength(40);
        expect(requests.filter(({ outcome }) => outcome === "ok")).toHaveLength(30);
        const failed = requests.filter(({ failure }) => failure === "bad status");
        expect(new Set(failed.map(({ error }) => error))).toEqual(
          new Set(["HTTP 429: key [redacted] is over its limit."]),
        );
        expect(failed).toHaveLength(10);
        const starts = requests.map(({ started_at }) => Date.parse(started_at!));
        expect(starts).toEqual([...starts].sort((a, b) => a - b));
        expect(seconds).toBeGreaterThan(0);
        expect(client.cpu).toBeGreaterThan(0);
        expect(client.cpu).toBeLessThanOrEqual(1);
      } finally {
        await server.close();
      }
    }
  });

  it("share the places of a closed loop", async () => {
    const server = await gateServer((held) => (held.length === 9 ? held : []), answerWhole);
    try {
      const arrivals = { kind: "closed", concurrency: 9 } as const;
      const { requests } = await runLoad(plan(server.url, { arrivals, threads: 2, requests: 45 }));
      expect(requests.filter(({ outcome }) => outcome === "ok")).toHaveLength(45);
      expect(server.most).toBe(9);
    } finally {
      await server.close();
    }
  });
});

describe("an aborted load", () => {
  it.each([0, 1, 2])("ends with the signal's reason and leaves no socket (%i threads)", async (threads) => {
    const stop = new AbortController();
    const server = await gateServer((held) => {
      if (held.length === 30) stop.abort(new Error("enough"));
      return [];
    }, answerWhole);
    try {
      const arrivals = { kind: "closed", concurrency: 30 } as const;
      await expect(
        runLoad(plan(server.url, { arrivals, threads, requests: 100, signal: stop.signal })),
      ).rejects.toThrow("enough");
      while (server.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(server.seen).toBe(30);
    } finally {
      await server.close();
    }
  });

  it.each([0, 1])("ends while connections are being opened (%i threads)", async (threads) => {
    const stop = new AbortController();
    const server = await gateServer(
      () => [],
      answerWhole,
      () => stop.abort(new Error("enough")),
    );
    try {
      const arrivals = { kind: "closed", concurrency: 1024 } as const;
      await expect(
        runLoad(plan(server.url, { arrivals, threads, requests: 2000, signal: stop.signal })),
      ).rejects.toThrow("enough");
      while (server.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(server.seen).toBe(0);
    } finally {
      await server.close();
    }
  });

  it("is not begun when the signal is aborted already", async () => {
    const signal = AbortSignal.abort(new Error("never"));
    await expect(runLoad(plan("http://127.0.0.1:9", { signal }))).rejects.toThrow("never");
  });
});

describe("bytes of a stream", () => {
  it("may come in any pieces, and are read the same", async () => {
    const events = [ROLE, ...["é", " 🌍", '"', "\\", "a\n"].map((content) => delta({ content })), DONE];
    const answer = Buffer.from([STREAM_HEAD, ...events.map(chunk), LAST_CHUNK].join(""));
    const draw = random("pieces");
    const server = await serveScript(() => {
      const ends = Array.from({ length: 6 }, () => draw.int(answer.length)).sort((a, b) => a - b);
      return [...ends, answer.length]
        .map((end, i) => answer.subarray(ends[i - 1] ?? 0, end))
        .filter((piece) => piece.length > 0);
    });
    try {
      const arrivals = { kind: "closed", concurrency: 16 } as const;
      const { requests } = await runLoad(
        plan(server.url, { mode: "stream", arrivals, requests: 300, threads: 0 }),
      );
      expect(new Set(requests.map(({ outcome, chunks }) => `${outcome} ${chunks}`))).toEqual(
        new Set(["ok 5"]),
      );
      expect(server.connections).toBe(16);
    } finally {
      await server.close();
    }
  });
});
