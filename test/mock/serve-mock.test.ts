import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect as open } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import type { MockOptions, MockServer } from "../../src/mock/mock-options.js";
import { serveMock } from "../../src/mock/serve-mock.js";

let plain: MockServer;
let slow: MockServer;
beforeAll(async () => {
  [plain, slow] = await Promise.all([
    serveMock({ chunks: 3 }),
    serveMock({ chunks: 4, firstTokenDelaySeconds: 0.03, chunkGapSeconds: 0.01, stamps: true }),
  ]);
});
afterAll(() => Promise.all([plain.close(), slow.close()]));

const messages = [{ role: "user" as const, content: "Hello" }];
const ask = (path: string, body: unknown) =>
  fetch(plain.url + path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
type Json = any;
const events = async (response: Response): Promise<Json[]> => {
  const parts = (await response.text()).split("\n\n");
  expect(parts.slice(-2)).toEqual(["data: [DONE]", ""]);
  return parts.slice(0, -2).map((part) => JSON.parse(part.slice("data: ".length)));
};

describe("the mock provider", () => {
  it("lists a model and says that it is well", async () => {
    expect(await (await fetch(`${plain.url}/models`)).json()).toMatchObject({
      object: "list",
      data: [{ id: "mock", object: "model" }],
    });
    expect((await fetch(`${plain.url.slice(0, -"/v1".length)}/health`)).status).toBe(200);
  });

  it("answers a chat whole, under the model's name that was asked", async () => {
    const answer: Json = await (await ask("/chat/completions", { model: 'é "1"', messages })).json();
    expect(answer).toMatchObject({
      object: "chat.completion",
      model: 'é "1"',
      choices: [{ index: 0, message: { role: "assistant", content: "hello " }, finish_reason: "stop" }],
      // "Hello" at 4 characters a token.
      usage: { prompt_tokens: 2, completion_tokens: 1, total_tokens: 3 },
    });
  });

  it("streams a chat: the role, the chunks, the finish, and usage where it was asked for", async () => {
    const body = { model: "m", messages, stream: true };
    const response = await ask("/chat/completions", body);
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const stream = await events(response);
    expect(stream.map((event) => event.choices[0].delta)).toEqual([
      { role: "assistant", content: "" },
      ...Array(3).fill({ content: "hello " }),
      {},
    ]);
    expect(stream.map((event) => event.choices[0].finish_reason)).toEqual([null, null, null, null, "stop"]);
    expect(new Set(stream.map((event) => event.id)).size).toBe(1);
    expect(stream.every((event) => event.model === "m" && event.object === "chat.completion.chunk")).toBe(
      true,
    );
    const withUsage = await events(
      await ask("/chat/completions", { ...body, stream_options: { include_usage: true } }),
    );
    expect(withUsage).toHaveLength(stream.length + 1);
    expect(withUsage.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 3, total_tokens: 5 } });
  });

  it.each([
    ["a text of 4 characters a token", { prompt: "x".repeat(41) }, 11],
    ["ids", { prompt: [5, 6, 7] }, 3],
    ["messages", { messages: [{ content: "12345678" }, { content: [{ type: "text", text: "1234" }] }] }, 3],
    ["nothing", {}, 1],
  ])("counts a prompt of %s", async (_, body, tokens) => {
    const path = "messages" in body ? "/chat/completions" : "/completions";
    const { usage }: Json = await (await ask(path, body)).json();
    expect(usage.prompt_tokens).toBe(tokens);
  });

  it("completes a bare prompt, whole and streamed", async () => {
    const whole: Json = await (await ask("/completions", { prompt: "a" })).json();
    expect(whole).toMatchObject({
      object: "text_completion",
      model: "mock",
      choices: [{ text: "hello ", finish_reason: "stop" }],
    });
    const stream = await events(await ask("/completions", { prompt: [1, 2], stream: true }));
    expect(stream.map((event) => event.choices[0].text)).toEqual(["hello ", "hello ", "hello ", ""]);
    expect(stream.at(-1).choices[0].finish_reason).toBe("stop");
  });

  it.each([
    ["a body that is not JSON", "/chat/completions", "{", 400, "not JSON"],
    ["no body", "/chat/completions", "", 400, "not JSON"],
    ["a body that is no object", "/completions", "[1]", 400, "not a JSON object"],
    ["a model that is no text", "/completions", { model: 5 }, 400, "model: must be a text"],
    ["an unknown path", "/images", {}, 404, "POST /v1/images"],
    ["another method", "/models", {}, 405, "POST"],
  ])("answers %s with an error of OpenAI's shape", async (_, path, body, status, message) => {
    const response = await ask(path, body);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as Json;
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ type: "invalid_request_error", param: null, code: status });
  });

  it("is met by this project's own client, never before the delay", async () => {
    const server = await connect(slow.url);
    for (let i = 0; i < 5; i++) {
      const chat = await server.chat({ messages });
      expect(chat).toMatchObject({ outcome: "ok", error: null, status: 200, output_tokens: 4 });
      expect(chat.ttft_seconds).toBeGreaterThanOrEqual(0.03);
      expect(chat.e2e_seconds).toBeGreaterThanOrEqual(0.06);
    }
    const bare = await server.complete({ prompt: "a" });
    expect(bare).toMatchObject({ outcome: "ok", output_tokens: 4 });
    expect(bare.ttft_seconds).toBeGreaterThanOrEqual(0.03);
    server.close();
  });

  it("is met by the openai package", async () => {
    const client = new OpenAI({ baseURL: slow.url, apiKey: "EMPTY", maxRetries: 0 });
    const whole = await client.chat.completions.create({ model: "m", messages });
    expect(whole.choices[0]!.message.content).toMatch(/^@\d+ $/);
    let chunks = 0;
    for await (const chunk of await client.chat.completions.create({ model: "m", messages, stream: true })) {
      if (chunk.choices[0]?.delta.content) chunks += 1;
    }
    expect(chunks).toBe(4);
    const bare = await client.completions.create({ model: "m", prompt: "a" });
    expect(bare.choices[0]!.text).toMatch(/^@\d+ $/);
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(["mock"]);
  });

  it("stamps each chunk between the request and its arrival, in order", async () => {
    const server = await connect(slow.url);
    const { at, text } = await server.chat({ messages });
    server.close();
    const stamps = [...text.matchAll(/@(\d+) /g)].map((match) => BigInt(match[1]!));
    expect(stamps).toHaveLength(4);
    expect([...stamps].sort()).toEqual(stamps);
    expect(stamps[0]! - at.sent).toBeGreaterThanOrEqual(30_000_000n);
    expect(stamps[0]!).toBeLessThanOrEqual(at.firstToken!);
    expect(stamps.at(-1)!).toBeLessThanOrEqual(at.done!);
    expect(new Set(stamps).size).toBe(4);
  });

  it("says how busy it has been since it was last asked", async () => {
    await plain.load();
    await ask("/completions", {});
    await ask("/nothing", {});
    const [load, next] = await Promise.all([plain.load(), plain.load()]);
    expect(load.requests).toBe(2);
    expect(next.requests).toBe(0);
    expect(load.seconds).toBeGreaterThan(0);
    expect(load.cpu).toBeGreaterThan(0);
    expect(load.delaySeconds).toBeGreaterThanOrEqual(0);
  });
});

describe("serveMock", () => {
  it.each([
    [{ port: 70_000 }, "port must be a whole number from 0 to 65535; received 70000"],
    [{ chunks: 0 }, "chunks must be a whole number from 1 to 100000; received 0"],
    [{ firstTokenDelaySeconds: -1 }, "firstTokenDelaySeconds must be a number of seconds"],
    [{ chunkGapSeconds: Number.NaN }, "chunkGapSeconds must be a number of seconds"],
    [{ jitter: 1.5 }, "jitter must be a share of each delay, from 0 to 1; received 1.5"],
    [{ host: "" }, "host must name an address"],
    [{ faults: { reset: 2 } }, "faults.reset must be a share of requests, from 0 to 1; received 2"],
    [{ delay: 1 }, "option delay is not known here"],
  ])("refuses %j", async (options, message) => {
    await expect(serveMock(options as MockOptions)).rejects.toThrow(message);
  });

  it("says so when the port is taken", async () => {
    const { port } = new URL(plain.url);
    await expect(serveMock({ port: Number(port) })).rejects.toThrow(
      `127.0.0.1:${port}: address already in use`,
    );
  });

  it("ends the server with its parent, however that ends", async () => {
    const module = new URL("../../dist/mock/serve-mock.js", import.meta.url).href;
    const program = `import("${module}").then(({ serveMock }) => serveMock()).then(({ url }) => console.log(url))`;
    const parent = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const { port } = new URL(line.toString().trim());
    parent.kill("SIGKILL");
    const listening = () =>
      new Promise<boolean>((resolve) => {
        const socket = open(Number(port), "127.0.0.1");
        socket.once("connect", () => socket.destroy() && resolve(true));
        socket.once("error", () => resolve(false));
      });
    for (let i = 0; i < 100 && (await listening()); i++) await sleep(50);
    expect(await listening()).toBe(false);
  });

  it("says that it has ended when it is asked its load afterwards", async () => {
    const server = await serveMock();
    await server.close();
    await expect(server.load()).rejects.toThrow("its process has ended");
  });
});
