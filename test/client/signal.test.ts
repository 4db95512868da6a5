import { afterEach, describe, expect, it } from "vitest";
import { type ConnectOptions, connect } from "../../src/client/connect.js";
import { hearing, type Server } from "../../src/client/server.js";
import { json, type ScriptedServer, serveScript } from "./scripted-server.js";

const reason = new Error("enough");
let server: ScriptedServer | undefined;
afterEach(() => server?.close());

/** A server that answers one path never, and tells when it was asked for it. */
async function silentAt(silent: string, answers: Readonly<Record<string, unknown>> = {}) {
  let tell = (): void => {};
  const asked = new Promise<void>((resolve) => {
    tell = resolve;
  });
  server = await serveScript(({ path }) => {
    if (path === silent) {
      tell();
      return undefined;
    }
    if (path === "/v1/models") return [json({ data: [{ id: "tiny", owned_by: "vllm" }] })];
    return [
      Object.hasOwn(answers, path) ? json(answers[path]) : json({ detail: "Not Found" }, "404 Not Found"),
    ];
  });
  return { url: server.url, asked };
}

/** Connects, does something, and is stopped when the silent path was asked for. */
async function stoppedAt(
  silent: string,
  act: (connecting: ReturnType<typeof connect>) => Promise<unknown>,
  answers?: Readonly<Record<string, unknown>>,
  options: ConnectOptions = {},
): Promise<unknown> {
  const { url, asked } = await silentAt(silent, answers);
  const controller = new AbortController();
  void asked.then(() => controller.abort(reason));
  return act(connect(url, { ...options, signal: controller.signal })).catch((error: unknown) => error);
}

const counts = { "/tokenize": { count: 3, tokens: [1, 2, 3] } };
const chat = { messages: [{ role: "user", content: "Hi" }] } as const;

describe("the signal of a connection ends", () => {
  it("the list of models", async () => {
    expect(await stoppedAt("/v1/models", (server) => server)).toBe(reason);
  });

  it("the first count of tokens", async () => {
    expect(await stoppedAt("/tokenize", (server) => server)).toBe(reason);
  });

  it("the recognition, at any of its paths", async () => {
    for (const path of ["/version", "/metrics"]) {
      expect(await stoppedAt(path, async (server) => (await server).recognise(), counts)).toBe(reason);
    }
  });

  it("a chat, and the cache's reset", async () => {
    const chats = async (server: ReturnType<typeof connect>) => (await server).chat(chat);
    expect(await stoppedAt("/v1/chat/completions", chats, counts)).toBe(reason);
    const resets = async (server: ReturnType<typeof connect>) => (await server).resetCache();
    expect(await stoppedAt("/reset_prefix_cache", resets, counts, { profile: "vllm" })).toBe(reason);
  });

  it("whatever is asked afterwards", async () => {
    const controller = new AbortController();
    const { url } = await silentAt("none", counts);
    const connected = await connect(url, { signal: controller.signal });
    controller.abort(reason);
    for (const ask of [
      () => connected.tokens.count("one two"),
      () => connected.chat(chat),
      () => connected.recognise(),
    ]) {
      await expect(ask()).rejects.toBe(reason);
    }
  });
});

describe("the signal of a run ends", () => {
  it.each([
    ["/tokenize", "a count", (server: Server) => server.tokens.count("one two")],
    ["/version", "the recognition", (server: Server) => server.recognise()],
    ["/v1/chat/completions", "a count by usage", (server: Server) => server.promptTokens(chat)],
  ])("what it waits for at %s: %s", async (path, _, ask) => {
    const silent = await silentAt(path, path === "/tokenize" ? {} : counts);
    // A first count, which finds the tokenizer, is answered.
    const connected = await connect(silent.url, { idleTimeoutSeconds: path === "/tokenize" ? 0.2 : 20 });
    const controller = new AbortController();
    const heard = hearing(connected, controller.signal);
    expect([heard.url, heard.tokens.name, heard.tokens.exact]).toEqual([
      connected.url,
      connected.tokens.name,
      connected.tokens.exact,
    ]);
    if (path === "/tokenize") controller.abort(reason);
    else void silent.asked.then(() => controller.abort(reason));
    await expect(ask(heard)).rejects.toBe(reason);
    await expect(heard.recognise()).rejects.toBe(reason);
  });
});
