import { type AddressInfo, createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import {
  chunk,
  DONE,
  delta,
  json,
  LAST_CHUNK,
  ROLE,
  type Script,
  type ScriptedServer,
  STREAM_HEAD,
  serveChat,
  serveScript,
  stream,
} from "./scripted-server.js";

let scripted: ScriptedServer;
let server: Server;
afterEach(async () => {
  server.close();
  await scripted.close();
});

async function start(script: Script): Promise<void> {
  scripted = await serveChat(script);
  server = await connect(scripted.url);
}

const ask = { messages: [{ role: "user", content: "Hi" }] } as const;
const HI = delta({ content: "Hi" });

describe("the times of a chat", () => {
  it("follow each other as the bytes did, with a stamp for each", async () => {
    await start(() => [
      30,
      STREAM_HEAD,
      30,
      chunk(ROLE),
      30,
      chunk(delta({ reasoning_content: "hm" })),
      30,
      chunk(HI),
      30,
      chunk(DONE),
      30,
      LAST_CHUNK,
    ]);
    const before = Date.now();
    const completion = await server.chat(ask);
    const times = [
      completion.first_byte_seconds!,
      completion.first_event_seconds!,
      completion.first_reasoning_seconds!,
      completion.ttft_seconds!,
      completion.e2e_seconds!,
    ];
    // Timers may fire a millisecond early; no upper bound, for the machine may be busy.
    const gaps = times.map((time, i) => time - (times[i - 1] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(0.028);
    const { at } = completion;
    expect(Number(at.firstToken! - at.sent) / 1e9).toBe(completion.ttft_seconds);
    expect(Number(at.firstByte! - at.sent) / 1e9).toBe(completion.first_byte_seconds);
    expect(Number(at.done! - at.sent) / 1e9).toBe(completion.e2e_seconds);
    const started = Date.parse(completion.started_at!);
    expect(started).toBeGreaterThanOrEqual(before - 2);
    expect(started).toBeLessThanOrEqual(Date.now());
  });

  it("give an event that came in two reads the stamp of the second", async () => {
    await start(() => [
      STREAM_HEAD,
      chunk(HI.slice(0, 40)),
      50,
      chunk(HI.slice(40)),
      chunk(DONE),
      LAST_CHUNK,
    ]);
    const { ttft_seconds, first_byte_seconds } = await server.chat(ask);
    expect(ttft_seconds! - first_byte_seconds!).toBeGreaterThan(0.045);
  });

  it("give an event that is complete at a CR the stamp of that read, not of the next", async () => {
    await start(() => [STREAM_HEAD, chunk(HI.replaceAll("\n", "\r")), 60, chunk(`\n${DONE}`), LAST_CHUNK]);
    const { ttft_seconds, e2e_seconds } = await server.chat(ask);
    expect(e2e_seconds! - ttft_seconds!).toBeGreaterThan(0.05);
  });

  it("are stamped at the socket: work after the first token does not delay them", async () => {
    await start(() => [STREAM_HEAD, chunk(HI), 50, chunk(HI + DONE), LAST_CHUNK]);
    const busy = () => {
      const until = performance.now() + 100;
      while (performance.now() < until);
    };
    const { at } = await server.chat({ ...ask, onFirstToken: busy });
    expect(at.firstToken! - at.firstByte!).toBeLessThan(80_000_000n);
  });

  // A busy machine may let a second pass between two chats, and the connection is then not used again.
  it("do not contain the connecting, which is measured apart and 0 on a kept connection", {
    retry: 2,
  }, async () => {
    await start(() => stream(HI, DONE));
    const [one, two] = await Promise.all([server.chat(ask), server.chat(ask)]);
    const fresh = [one, two].filter(({ connect_seconds }) => connect_seconds! > 0);
    expect(fresh.length).toBeGreaterThanOrEqual(1);
    expect((await server.chat(ask)).connect_seconds).toBe(0);
  });

  it("end with [DONE]: a server that pings on afterwards neither adds to them nor holds the answer", async () => {
    const pings = Array.from({ length: 20 }, () => [200, chunk(": ping\n\n")]).flat();
    await start(() => [STREAM_HEAD, chunk(HI), chunk(DONE), ...pings, LAST_CHUNK]);
    const { outcome, e2e_seconds, ttft_seconds } = await server.chat(ask);
    expect(outcome).toBe("ok");
    // The first ping comes 0.2 s after the end, the last after 4 s.
    expect(e2e_seconds! - ttft_seconds!).toBeLessThan(0.2);
    expect(scripted.requests.at(-1)!.path).toBe("/v1/chat/completions");
    expect((await server.chat(ask)).outcome).toBe("ok");
  });

  it("are told to the caller after the stamp, then text in order", async () => {
    await start(() =>
      stream(ROLE, delta({ content: "a" }), delta({ content: "b" }), delta({ content: "c" }), DONE),
    );
    const heard: string[] = [];
    let at = 0n;
    const completion = await server.chat({
      ...ask,
      onFirstToken: () => {
        at = process.hrtime.bigint();
        heard.push("first");
      },
      onText: (text) => heard.push(text),
    });
    expect(heard).toEqual(["first", "a", "b", "c"]);
    expect(at).toBeGreaterThan(completion.at.firstToken!);
  });
});

describe("what is sent", () => {
  it("asks for a stream with usage, at temperature 0, uncompressed", async () => {
    await start(() => stream(HI, DONE));
    await server.chat({ ...ask, maxTokens: 7 });
    const { method, headers, body } = scripted.requests.at(-1)!;
    expect(method).toBe("POST");
    expect(JSON.parse(body)).toEqual({
      model: "tiny",
      messages: ask.messages,
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
      max_tokens: 7,
    });
    expect(headers).toMatchObject({
      host: `127.0.0.1:${scripted.port}`,
      authorization: "Bearer EMPTY",
      "accept-encoding": "identity",
      "content-type": "application/json",
    });
  });

  it("carries extra headers and body fields, of the connection and of the request", async () => {
    scripted = await serveChat(() => stream(HI, DONE));
    server = await connect(scripted.url, {
      apiKey: "sk-0123456789",
      headers: { "X-Team": "a" },
      body: { cache_prompt: false, seed: 1 },
    });
    await server.chat({ ...ask, body: { seed: 2, temperature: undefined, stream_options: { extra: true } } });
    const { headers, body } = scripted.requests.at(-1)!;
    expect(headers).toMatchObject({ "x-team": "a", authorization: "Bearer sk-0123456789" });
    expect(JSON.parse(body)).toEqual({
      model: "tiny",
      messages: ask.messages,
      stream: true,
      stream_options: { include_usage: true, extra: true },
      cache_prompt: false,
      seed: 2,
    });
  });

  it.each([
    [{ messages: [] }, "messages must be a list of at least one message; received ."],
    [{ ...ask, maxTokens: 0 }, "maxTokens must be a whole number above 0; received 0."],
    [{ ...ask, temperature: -1 }, "temperature must be a number of at least 0; received -1."],
    [
      { ...ask, body: { stream: false } },
      /^body must not set model, .*, stream, which this client sets itself; received "stream"\.$/,
    ],
    [{ ...ask, body: { n: 1n } }, /^body must be JSON \(Do not know how to serialize a BigInt\)/],
  ])("is refused when it can't be right: %#", async (request, message) => {
    await start(() => stream(HI, DONE));
    await expect(server.chat(request)).rejects.toThrow(message);
    expect(
      scripted.requests.filter(({ method, path }) => method === "POST" && path.includes("chat")),
    ).toEqual([]);
  });
});

describe("connections", () => {
  it("are kept and used again after a response was read to its last chunk", async () => {
    await start(() => stream(HI, DONE));
    for (let i = 0; i < 5; i++) expect((await server.chat(ask)).outcome).toBe("ok");
    const chats = scripted.requests.filter(({ path }) => path.endsWith("/chat/completions"));
    expect(new Set(chats.map(({ connection }) => connection)).size).toBe(1);
  });

  it.each([
    [
      "the server says close",
      [STREAM_HEAD.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n"), chunk(HI + DONE), LAST_CHUNK],
    ],
    ["bytes followed the response", [STREAM_HEAD, chunk(HI + DONE), `${LAST_CHUNK}HTTP/1.1 200 OK\r\n`]],
  ])("are not used again when %s", async (_name, steps) => {
    await start(() => steps);
    expect((await server.chat(ask)).outcome).toBe("ok");
    expect((await server.chat(ask)).outcome).toBe("ok");
    const chats = scripted.requests.filter(({ path }) => path.endsWith("/chat/completions"));
    expect(new Set(chats.map(({ connection }) => connection)).size).toBe(2);
  });

  it("are not used again when the answer came before all of the request was sent", async () => {
    const early = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (first: Buffer) => {
        if (first.includes("POST /v1/chat")) {
          socket.pause();
          socket.write(json({ error: "too large" }, "413 Payload Too Large"));
        } else socket.write(json({ data: [{ id: "tiny" }] }, "200 OK", "connection: close\r\n"));
      });
    });
    await new Promise<void>((resolve) => early.listen(0, "127.0.0.1", resolve));
    scripted = await serveChat(() => []);
    server = await connect(`http://127.0.0.1:${(early.address() as AddressInfo).port}`);
    const large = { messages: [{ role: "user", content: "x".repeat(20_000_000) }] } as const;
    for (let i = 0; i < 2; i++) {
      const { error, connect_seconds } = await server.chat(large);
      expect(error).toBe("HTTP 413: too large.");
      expect(connect_seconds).toBeGreaterThan(0);
    }
    early.close();
  });

  const chats = () => scripted.requests.filter(({ path }) => path.endsWith("/chat/completions"));

  it.each([
    ["at once", 0],
    ["after a while", 300],
  ])("that break %s without an answer are an error: nothing is sent twice", async (_, wait) => {
    await start(() => (chats().length === 1 ? [wait, "RESET"] : stream(HI, DONE)));
    expect((await server.chat(ask)).outcome).toBe("ok");
    const broken = await server.chat(ask);
    expect(broken).toMatchObject({ outcome: "error", ttft_seconds: null, status: null, connect_seconds: 0 });
    expect(broken.error).toMatch(/broke the connection \(ECONNRESET\) without an answer/);
    expect(chats().length).toBe(2);
  });

  it("are no longer kept at a server that closes them while it has a request", async () => {
    await start(() => (chats().length === 1 ? ["CLOSE"] : stream(HI, DONE)));
    const chatted = [];
    for (let i = 0; i < 4; i++) chatted.push(await server.chat(ask));
    expect(chatted.map(({ outcome }) => outcome)).toEqual(["ok", "error", "ok", "ok"]);
    for (const { connect_seconds } of chatted.slice(2)) expect(connect_seconds).toBeGreaterThan(0);
  });

  it("are new when the kept one was closed meanwhile, or has been idle for more than a second", async () => {
    await start(() => (chats().length === 0 ? [...stream(HI, DONE), 20, "CLOSE"] : stream(HI, DONE)));
    await server.chat(ask);
    for (const wait of [60, 1_100]) {
      await new Promise((later) => setTimeout(later, wait));
      const { outcome, connect_seconds } = await server.chat(ask);
      expect(outcome).toBe("ok");
      expect(connect_seconds).toBeGreaterThan(0);
    }
    expect(chats().length).toBe(3);
  });

  it("may break under a request that computes nothing: it is sent again", async () => {
    let asked = 0;
    scripted = await serveScript(({ path }) => {
      if (path === "/v1/models") return [json({ data: [{ id: "tiny" }] })];
      asked += 1;
      return asked === 2 ? ["RESET"] : [json({ tokens: [1, 2], count: 2 })];
    });
    server = await connect(scripted.url);
    expect(await server.tokens.count("two words")).toBe(2);
    expect(asked).toBeGreaterThan(2);
  });

  it("are many when many chats run at once: 256 streams all complete", async () => {
    let reply = 0;
    await start(() => {
      reply += 1;
      return [
        30,
        STREAM_HEAD,
        chunk(ROLE),
        30,
        chunk(delta({ content: `reply ${reply}` })),
        5,
        chunk(DONE),
        LAST_CHUNK,
      ];
    });
    for (let round = 0; round < 2; round++) {
      const all = await Promise.all(Array.from({ length: 256 }, () => server.chat(ask)));
      expect(new Set(all.map(({ outcome }) => outcome))).toEqual(new Set(["ok"]));
      expect(Math.min(...all.map(({ ttft_seconds }) => ttft_seconds!))).toBeGreaterThan(0.055);
      expect(new Set(all.map(({ text }) => text)).size).toBe(256);
    }
  });

  it("do not keep the process running when nobody closed them", async () => {
    const { execFile } = await import("node:child_process");
    await start(() => stream(HI, DONE));
    const program = `
      import { connect } from ${JSON.stringify(new URL("../../dist/client/connect.js", import.meta.url).href)};
      const server = await connect(${JSON.stringify(scripted.url)});
      const { text } = await server.chat({ messages: [{ role: "user", content: "Hi" }] });
      console.log(text);`;
    const output = await new Promise<string>((resolve, reject) =>
      execFile(
        process.execPath,
        ["--input-type=module", "-e", program],
        { timeout: 20_000 },
        (error, stdout) => (error ? reject(error) : resolve(stdout)),
      ),
    );
    expect(output).toBe("Hi\n");
  });
});

describe("secrets", () => {
  it("are taken out of whatever the server echoes", async () => {
    const key = "sk-very-secret-0123456789";
    scripted = await serveChat(({ headers }) => [
      json(
        {
          error: {
            message: `Incorrect API key provided: ${headers.authorization} and ${headers["x-api-token"]}`,
          },
        },
        "401 Unauthorized",
        `x-echo: ${headers.authorization}\r\n`,
      ),
    ]);
    server = await connect(scripted.url, { apiKey: key, headers: { "X-Api-Token": "hunter2hunter2" } });
    const completion = await server.chat(ask);
    expect(completion.error).toBe("HTTP 401: Incorrect API key provided: [redacted] and [redacted].");
    expect(completion.headers["x-echo"]).toBe("[redacted]");
    const shown = JSON.stringify([completion, server], (_, value) =>
      typeof value === "bigint" ? `${value}` : value,
    );
    expect(shown).not.toContain(key);
    expect(shown).not.toContain("hunter2");
  });
});
