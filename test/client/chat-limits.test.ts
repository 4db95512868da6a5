import { afterEach, describe, expect, it } from "vitest";
import { type ConnectOptions, connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import {
  chunk,
  DONE,
  delta,
  LAST_CHUNK,
  ROLE,
  type Script,
  type ScriptedServer,
  STREAM_HEAD,
  type Step,
  serveChat,
} from "./scripted-server.js";

let scripted: ScriptedServer;
let server: Server;
afterEach(async () => {
  server.close();
  await scripted.close();
});

async function start(script: Script, options: ConnectOptions): Promise<void> {
  scripted = await serveChat(script);
  server = await connect(scripted.url, options);
}

const ask = { messages: [{ role: "user", content: "Hi" }] } as const;
const HI = delta({ content: "Hi" });

describe("the idle timeout", () => {
  it("ends a request that never gets a byte", async () => {
    await start(() => undefined, { idleTimeoutSeconds: 0.1 });
    const completion = await server.chat(ask);
    expect(completion).toMatchObject({
      outcome: "timeout",
      ttft_seconds: null,
      e2e_seconds: null,
      status: null,
    });
    expect(completion.error).toBe(
      `${scripted.url} sent nothing for 0.1 s (--idle_timeout_seconds, idleTimeoutSeconds).`,
    );
  });

  it("ends a stream that stalls, and keeps what came before", async () => {
    await start(() => [STREAM_HEAD, chunk(ROLE + HI)], { idleTimeoutSeconds: 0.1 });
    const completion = await server.chat(ask);
    expect(completion).toMatchObject({ outcome: "timeout", text: "Hi", ttft_seconds: expect.any(Number) });
    expect(completion.error).toBe(
      `${scripted.url} sent nothing for 0.1 s (--idle_timeout_seconds, idleTimeoutSeconds), after 2 events, the first token among them.`,
    );
  });

  it("starts again with every byte", async () => {
    await start(
      () => [STREAM_HEAD, ...[1, 2, 3, 4, 5].flatMap(() => [80, chunk(HI)]), chunk(DONE), LAST_CHUNK],
      {
        idleTimeoutSeconds: 0.2,
      },
    );
    expect(await server.chat(ask)).toMatchObject({ outcome: "ok", text: "HiHiHiHiHi" });
  });

  it("counts bytes that came while this process was busy", async () => {
    await start(() => [STREAM_HEAD, chunk(HI)], { idleTimeoutSeconds: 0.1 });
    const onFirstToken = () => {
      scripted.push(chunk(DONE) + LAST_CHUNK);
      const until = performance.now() + 200;
      while (performance.now() < until);
    };
    expect((await server.chat({ ...ask, onFirstToken })).outcome).toBe("ok");
  });
});

describe("the total timeout", () => {
  it("ends a stream that goes on and on", async () => {
    await start(() => [STREAM_HEAD, ...Array.from({ length: 100 }, () => [20, chunk(HI)]).flat()], {
      timeoutSeconds: 0.2,
    });
    const completion = await server.chat(ask);
    expect(completion.outcome).toBe("timeout");
    expect(completion.error).toMatch(
      /had not finished after 0\.2 s \(--timeout_seconds, timeoutSeconds\), after \d+ events, the first/,
    );
  });
});

describe("an error", () => {
  it("ends a stream that goes on after it", async () => {
    const error = chunk('data: {"error":{"message":"out of memory"}}\n\n');
    await start(() => begun(STREAM_HEAD + chunk(HI) + error, endless(chunk(": ping\n\n"))), {});
    const completion = await server.chat(ask);
    expect(completion.error).toContain("out of memory");
    expect(completion.ttft_seconds).not.toBeNull();
  });
});

/** Steps without an end, each a while after the one before. */
function* endless(step: Step, milliseconds = 10): Generator<Step> {
  for (;;) {
    yield milliseconds;
    yield step;
  }
}

function* begun(first: Step, then: Iterable<Step>): Generator<Step> {
  yield first;
  yield* then;
}

const noHead = "what it sent is not a complete response head";
const noEvent = "what it sent contains no event";

describe("what has no end, and no long pause either, ends at the total timeout with a reason of its own", () => {
  it.each<[string, () => Iterable<Step>, string]>([
    ["interim answers", () => endless("HTTP/1.1 102 Processing\r\n\r\n"), noHead],
    ["a head that drips", () => begun("HTTP/1.1 200 OK\r\nx-drip: ", endless("a")), noHead],
    ["headers", () => begun("HTTP/1.1 200 OK\r\n", endless("x-more: yes\r\n")), noHead],
    ["comments", () => begun(STREAM_HEAD, endless(chunk(": ping\n\n"))), noEvent],
    ["empty events", () => begun(STREAM_HEAD, endless(chunk("data:\n\n"))), noEvent],
    ["an event that drips", () => begun(`${STREAM_HEAD}${chunk("data: ")}`, endless(chunk("x"))), noEvent],
    ["a chunk's extension", () => begun(`${STREAM_HEAD}5;x=`, endless("a")), noEvent],
    ["empty deltas", () => begun(STREAM_HEAD, endless(chunk(ROLE))), "after \\d+ events"],
  ])("%s", async (_, steps, reason) => {
    await start(steps, { timeoutSeconds: 0.3, idleTimeoutSeconds: 0.2 });
    const { outcome, error, ttft_seconds } = await server.chat(ask);
    expect(outcome).toBe("timeout");
    expect(error).toMatch(
      new RegExp(`had not finished after 0\\.3 s \\(--timeout_seconds, timeoutSeconds\\)[;,] ${reason}\\.$`),
    );
    expect(ttft_seconds).toBeNull();
  });
});

describe("an abort", () => {
  it("rejects with the signal's reason, before sending and in the middle of a stream", async () => {
    await start(() => [STREAM_HEAD, chunk(HI)], {});
    const reason = new Error("enough");
    await expect(server.chat({ ...ask, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const onFirstToken = () => controller.abort(reason);
    await expect(server.chat({ ...ask, signal: controller.signal, onFirstToken })).rejects.toBe(reason);
  });

  it("leaves later chats alone", async () => {
    await start(() => [STREAM_HEAD, chunk(HI), 30, chunk(DONE), LAST_CHUNK], {});
    const controller = new AbortController();
    const aborted = server.chat({
      ...ask,
      signal: controller.signal,
      onFirstToken: () => controller.abort(),
    });
    await expect(aborted).rejects.toThrow("aborted");
    expect((await server.chat({ ...ask, signal: new AbortController().signal })).outcome).toBe("ok");
  });
});

describe("a signal shared by many chats", () => {
  it("ends them all, without a warning", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on("warning", onWarning);
    await start(() => [STREAM_HEAD, chunk(ROLE)], {});
    const controller = new AbortController();
    const chats = Array.from({ length: 20 }, () => server.chat({ ...ask, signal: controller.signal }));
    setTimeout(() => controller.abort(), 50);
    const ends = await Promise.allSettled(chats);
    expect(new Set(ends.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
  });
});

describe("a caller's own callback that throws", () => {
  it("rejects the chat with that error", async () => {
    await start(() => [STREAM_HEAD, chunk(HI + DONE), LAST_CHUNK], {});
    const mistake = new Error("mine");
    const onText = () => {
      throw mistake;
    };
    await expect(server.chat({ ...ask, onText })).rejects.toBe(mistake);
  });
});

describe("a server that went away", () => {
  it("is a record, not an exception", async () => {
    await start(() => undefined, {});
    await scripted.close();
    const completion = await server.chat(ask);
    expect(completion).toMatchObject({ outcome: "error", connect_seconds: null, first_byte_seconds: null });
    expect(completion.error).toBe(
      `Nothing listens at ${scripted.url} (connection refused): start the server there, or correct the host and port.`,
    );
    expect(Date.parse(completion.started_at!)).toBeGreaterThan(Date.now() - 10_000);
  });
});
