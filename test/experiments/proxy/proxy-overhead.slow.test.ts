import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as mock from "../../../src/api/mock.js";
import * as proxy from "../../../src/api/proxy.js";
import type { MeasuredBlock } from "../../../src/experiments/proxy/proxy-options.js";
import { withoutOrigin } from "../../../src/logs/log-origin.js";
import type { RunningProxy } from "../../../src/proxies/start-proxy.js";

import { jsonLines } from "../../support/cli.js";
import { fakeProxy, PROXY_KEY } from "../../support/fake-proxy.js";
import { type Answer, answerWell, begin, json, scriptedServer } from "../../support/scripted-server.js";

const folder = mkdtempSync(join(tmpdir(), "proxy-overhead-"));
let logs = 0;
const newLog = () => join(folder, `${++logs}.jsonl`);

type Mock = Awaited<ReturnType<typeof mock.serve>>;
let provider: Mock;
/** Its chunks are far enough apart to be seen to be held. */
let paced: Mock;
let sleeper: RunningProxy;
let passing: RunningProxy;
let holding: RunningProxy;
beforeAll(async () => {
  [provider, paced] = await Promise.all([
    mock.serve({ stamps: true }),
    mock.serve({ chunks: 5, chunkGapSeconds: 0.02, stamps: true }),
  ]);
  [sleeper, passing, holding] = await Promise.all([
    fakeProxy(provider.url, "--sleep-ms", "30"),
    fakeProxy(paced.url),
    fakeProxy(paced.url, "--hold"),
  ]);
});
afterAll(() => Promise.all([sleeper, passing, holding].map((server) => server.stop())));
afterAll(() => Promise.all([provider.close(), paced.close()]));

const through = (server: RunningProxy) => ({ url: `${server.origin}/v1`, apiKey: PROXY_KEY });
const small = {
  model: "m",
  requests: 24,
  streamRequests: 12,
  concurrency: 4,
  streamConcurrency: 2,
  blocks: 6,
};
const brief = { ...small, warmUps: 2, streamWarmUps: 2, threads: 0 };

describe("the overhead of a proxy", () => {
  it("is above zero where the proxy sleeps, and the header is read", async () => {
    const log = newLog();
    const blocks: MeasuredBlock[] = [];
    const rows = await proxy.run({
      ...brief,
      direct: provider,
      through: { sleeper: through(sleeper) },
      log,
      onBlock: (block) => blocks.push(block),
    });
    expect(rows).toHaveLength(2 * (24 + 12));
    const [chat, stream] = proxy.table(rows).rows;
    for (const row of [chat!, stream!]) {
      expect(row).toMatchObject({ label: "sleeper", blocks: 6, direct_failed_n: 0, proxied_failed_n: 0 });
      expect(row.overhead_low_seconds).toBeGreaterThan(0);
      expect(row.throughput_ratio_high).toBeLessThan(1);
      expect(row.overhead_header_p50_seconds).toBe(0.03);
    }
    expect(blocks).toHaveLength(24);
    for (const { provider: load } of blocks) expect(load!.cpu).toBeGreaterThan(0);

    const read = await proxy.read({ again: log });
    const measured = rows.map(({ label, ...row }) => row);
    expect(read.map(({ label, ...row }) => withoutOrigin(row))).toEqual(measured);
    const page = readFileSync(`${log}.meta.json`, "utf8");
    expect(JSON.parse(page).options).toMatchObject({ requests: 24, measured_blocks: 24 });
    for (const text of [page, readFileSync(log, "utf8")]) expect(text).not.toContain(PROXY_KEY);
  });

  it("comes with a verdict on the stream that a proxy which holds chunks does not pass", async () => {
    const rows = await proxy.run({
      ...brief,
      ...{ requests: 2, streamRequests: 4, blocks: 2 },
      direct: paced,
      through: { passing: through(passing), holding: through(holding) },
      log: newLog(),
    });
    const [passes, holds] = ["passing", "holding"].map(
      (label) => proxy.streaming.table(rows).rows.find((row) => row.label === label)!,
    );
    expect(holds!.fidelity).toBe("holds");
    // A busy machine delays chunks too, but not all of them.
    expect(passes!.proxied_coalesced_share).toBeLessThan(holds!.proxied_coalesced_share!);
  });

  it("counts from the intended start where requests arrive at a rate", async () => {
    const { concurrency, streamConcurrency, ...rest } = brief;
    const rows = await proxy.run({
      ...rest,
      ratePerSecond: 40,
      direct: provider,
      through: { sleeper: through(sleeper) },
      log: newLog(),
    });
    for (const row of rows) expect(row).toMatchObject({ concurrency: null, rate_per_second: 40 });
    expect(proxy.table(rows).rows.map((row) => row.counted_from)).toEqual([
      "intended start",
      "intended start",
    ]);
  });
});

describe("a block of a closed loop", () => {
  it("records only requests that met the whole concurrency", async () => {
    const serviceMs = 10;
    let line = Promise.resolve();
    let answered = 0;
    const oneAtATime = await scriptedServer((response) => {
      line = line
        .then(() => delay(serviceMs))
        .then(() => {
          answered++;
          json(response, 200, { choices: [{ message: { content: "hello" } }] });
        });
    });
    const log = newLog();
    // It answers streams with a whole answer, which no stream's block survives; whole answers come first.
    const run = proxy.run({
      ...{ ...brief, requests: 8, streamRequests: 1, blocks: 2, warmUps: 0 },
      ...{ direct: oneAtATime.url, through: { itself: oneAtATime.url }, log },
    });
    await expect(run).rejects.toThrow("warm-up");
    await oneAtATime.close();
    const rows = jsonLines(readFileSync(log, "utf8"));
    expect(rows).toHaveLength(16);
    // Each of 2 · 2 blocks sends a round of 4 before and one after its 4; then 2 warm-ups fail as streams.
    expect(answered).toBe(4 * (4 + 4 + 4) + 2);
    // Three wait in the line before each: less than three turns would be a request that met an emptier loop.
    for (const row of rows) expect(row.e2e_seconds).toBeGreaterThan((3 * serviceMs) / 1_000);
  });
});

describe("a proxy run", () => {
  it("keeps whole pairs of blocks when it is stopped, and goes on with those that are missing", async () => {
    const log = newLog();
    const controller = new AbortController();
    const run = { ...brief, direct: provider, through: { sleeper: through(sleeper) }, log };
    let blocks = 0;
    const stopped = proxy.run({
      ...run,
      signal: controller.signal,
      onBlock: () => {
        if (++blocks === 5) controller.abort(new Error("enough"));
      },
    });
    await expect(stopped).rejects.toThrow("enough");
    const before = jsonLines(readFileSync(log, "utf8"));
    // Two pairs of 4 and 4; the fifth block's partner was never measured.
    expect(before).toHaveLength(16);
    expect(before.filter(({ target }) => target === "direct")).toHaveLength(8);

    rmSync(`${log}.meta.json`);
    await expect(proxy.run({ ...run, requests: 30, resume: true })).rejects.toThrow(
      /can't be resumed: its block 1 \(chat\) has 4 direct and 4 proxied requests where this run would have 5/,
    );
    expect(jsonLines(readFileSync(log, "utf8"))).toEqual(before);

    const rows = await proxy.run({ ...run, resume: true });
    expect(rows.slice(0, 16)).toEqual(before);
    const places = rows.map(
      ({ target, mode, block, run_index }) => `${target} ${mode} ${block} ${run_index}`,
    );
    expect(new Set(places).size).toBe(places.length);
    expect(rows).toHaveLength(2 * (24 + 12));

    let more = 0;
    await proxy.run({ ...run, resume: true, onBlock: () => more++ });
    expect(more).toBe(0);
  });

  it("can be read and resumed whatever the proxy's own header says", async () => {
    const headers = ["2.5", "None", "-0.2143", "", "-Infinity", "1e400", "NaN", "3, 4", "-0"];
    let answered = 0;
    const answer: Answer = (response, { body }) => {
      if (body.stream) return answerWell(response);
      json(response, 200, { choices: [{ message: { content: "hello" } }] });
    };
    const plain = await scriptedServer(answer);
    const odd = await scriptedServer((response, request) => {
      response.setHeader("x-litellm-overhead-duration-ms", headers[answered++ % headers.length]!);
      answer(response, request);
    });
    const log = newLog();
    const run = { ...brief, requests: 20, streamRequests: 20, warmUps: 0, streamWarmUps: 0, blocks: 1 };
    const rows = await proxy.run({ ...run, direct: plain.url, through: { odd: odd.url }, log });
    const seconds = new Set(rows.map(({ overhead_header_seconds }) => overhead_header_seconds));
    expect(seconds).toEqual(new Set([0.0025, null, -0.2143 / 1_000, 0]));
    expect((await proxy.read(log)).map(withoutOrigin)).toEqual(JSON.parse(JSON.stringify(rows)));
    expect(
      await proxy.run({ ...run, direct: plain.url, through: { odd: odd.url }, log, resume: true }),
    ).toHaveLength(80);
    await Promise.all([odd.close(), plain.close()]);
  });

  it("counts a proxied stream that lost chunks as failed, though it ended well", async () => {
    const event = (choice: object) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, ...choice }] })}\n\n`;
    const end = `${event({ finish_reason: "stop" })}data: [DONE]\n\n`;
    const send = (sizes: readonly string[]) => (response: ServerResponse) => {
      begin(response);
      response.end(sizes.map((content) => event({ delta: { content } })).join("") + end);
    };
    const whole = Array(20).fill("a ") as string[];
    // By turns all chunks, all but one, all of them joined, and all but one of them joined.
    const answers = [whole, whole.slice(1), [whole.join("")], [whole.slice(1).join("")]];
    const run = { ...brief, requests: 1, streamRequests: 24, warmUps: 0, streamWarmUps: 0 };
    const log = newLog();
    const both = (response: ServerResponse, streamed: boolean, whole: (response: ServerResponse) => void) =>
      streamed ? whole(response) : json(response, 200, { choices: [{ message: { content: "hello" } }] });
    const [provider, lossy] = await Promise.all([
      scriptedServer((response, { body }) => both(response, body.stream === true, send(whole))),
      scriptedServer((response, { body, count }) =>
        both(response, body.stream === true, send(answers[count % 4]!)),
      ),
    ]);
    const rows = await proxy.run({ ...run, direct: provider.url, through: { lossy: lossy.url }, log });
    const streams = rows.filter(({ mode }) => mode === "stream");
    expect(streams.filter(({ target, outcome }) => target === "direct" && outcome !== "ok")).toEqual([]);
    const through = streams.filter(({ target }) => target === "proxied");
    expect(
      new Set(through.map(({ chunks, content_bytes, failure }) => `${chunks} ${content_bytes} ${failure}`)),
    ).toEqual(new Set(["20 40 null", "19 38 lost content", "1 40 null", "1 38 lost content"]));
    expect((await proxy.read(log)).map(withoutOrigin)).toEqual(rows);
    await Promise.all([provider, lossy].map((server) => server.close()));
  });

  it("asks all targets alike where one refuses max_tokens, and keeps the values of headers to itself", async () => {
    const notices: string[] = [];
    const seen: unknown[] = [];
    const answer: Answer = (response, { body }) => {
      seen.push([body.max_tokens, body.max_completion_tokens, body.top_k]);
      if (body.stream) return answerWell(response);
      json(response, 200, { choices: [{ message: { content: "hello" } }] });
    };
    const [lenient, strict] = await Promise.all([
      scriptedServer(answer),
      scriptedServer((response, request) => {
        if (!("max_tokens" in request.body)) return answer(response, request);
        json(response, 400, {
          error: { message: "'max_tokens' is not supported. Use 'max_completion_tokens' instead." },
        });
      }),
    ]);
    const log = newLog();
    const rows = await proxy.run({
      ...{ ...brief, model: "scripted", direct: lenient.url, through: { strict: strict.url }, log },
      headers: { "x-team": "hunter2-hunter2" },
      body: { top_k: 1 },
      onNotice: (notice) => notices.push(notice),
    });
    expect(rows.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
    expect(notices).toEqual([
      `${strict.url} refuses the field max_tokens: all requests are sent with max_completion_tokens instead.`,
    ]);
    expect(new Set(seen.map(String))).toEqual(new Set(["1,,1", ",1,1"]));
    // The warm-up that came before the refusal.
    expect(seen.filter((fields) => String(fields) === "1,,1")).toHaveLength(2);
    const page = readFileSync(`${log}.meta.json`, "utf8");
    expect(JSON.parse(page).options).toMatchObject({
      headers: ["x-team"],
      body: { top_k: 1 },
      body_sent: { top_k: 1, max_completion_tokens: 1 },
    });
    expect(page + readFileSync(log, "utf8")).not.toContain("hunter2");
    await Promise.all([lenient.close(), strict.close()]);
  });

  it("refuses a log that is there", async () => {
    const log = newLog();
    writeFileSync(log, "");
    const run = { ...brief, direct: provider, through: { sleeper: through(sleeper) }, log };
    await expect(proxy.run(run)).rejects.toThrow(/exists already/);
  });

  it("ends before it measures anything where a target answers no warm-up request", async () => {
    const log = newLog();
    const refused = { url: `${sleeper.origin}/v1`, apiKey: "sk-wrong-key-0123456789" };
    const run = proxy.run({ ...brief, direct: provider, through: { sleeper: refused }, log });
    await expect(run).rejects.toThrow(/All 2 warm-up requests to .* failed; .*bad status.*401/s);
    expect(existsSync(log)).toBe(false);
  });

  it("stops after a block in which every request failed, and keeps it", async () => {
    const log = newLog();
    const refused = { url: `${sleeper.origin}/v1`, apiKey: "sk-wrong-key-0123456789" };
    const run = proxy.run({ ...brief, warmUps: 0, direct: provider, through: { sleeper: refused }, log });
    await expect(run).rejects.toThrow(
      /Stopped because all 4 requests of a block to .* failed; .*bad status/s,
    );
    const rows = jsonLines(readFileSync(log, "utf8"));
    expect(rows).toHaveLength(8);
    for (const row of rows.filter(({ target }) => target === "proxied")) {
      expect(row).toMatchObject({ outcome: "error", failure: "bad status", status: 401 });
    }
    expect(JSON.stringify(rows)).not.toContain("sk-wrong-key");
  });

  it("needs a model's name where an address alone is given", async () => {
    const log = newLog();
    const { model, ...nameless } = brief;
    const run = proxy.run({ ...nameless, direct: provider.url, through: { a: passing.origin }, log });
    await expect(run).rejects.toThrow(/model must be given, because http:.* is only an address/);
    expect(existsSync(log)).toBe(false);
  });
});
