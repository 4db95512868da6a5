import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import * as ttft from "../../src/api/ttft.js";
import { type ConnectOptions, connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import { answerWell, json, type ScriptedServer, scriptedServer } from "../support/scripted-server.js";

let scripted: ScriptedServer;
let server: Server;
const notices: string[] = [];
afterEach(async () => {
  notices.length = 0;
  server.close();
  await scripted.close();
});

/** A server that refuses these fields, one at a time, as OpenAI's API does. */
async function refusing(fields: readonly string[], options: ConnectOptions = {}): Promise<void> {
  scripted = await scriptedServer((response, { body }) => {
    const param = fields.find((field) => field in body);
    if (param === undefined) return answerWell(response);
    const message = `Unsupported parameter: '${param}' is not supported with this model.`;
    json(response, 400, {
      error: { message, type: "invalid_request_error", param, code: "unsupported_parameter" },
    });
  });
  server = await connect(scripted.url, { onNotice: (notice) => notices.push(notice), ...options });
}
const ask = (body: object = {}) =>
  server.chat({ messages: [{ role: "user", content: "Hi" }], maxTokens: 8, body: { ...body } });

describe("a server that refuses fields", () => {
  it("is asked in its own words, found out once and said once; the refused request is no record", async () => {
    await refusing(["max_tokens", "temperature", "stream_options"]);
    const first = await ask();
    expect(first).toMatchObject({ outcome: "ok", status: 200, error: null });
    expect(first.remark).toBe("Sent without temperature, stream_options, which the server refuses.");
    expect(scripted.chats).toHaveLength(4);
    expect(await ask()).toMatchObject({ outcome: "ok" });
    expect(scripted.chats).toHaveLength(5);
    const { model, messages, ...fields } = scripted.chats.at(-1)!;
    expect(fields).toEqual({ stream: true, max_completion_tokens: 8 });
    expect(notices).toEqual([
      `${scripted.url}/chat/completions refuses the field max_tokens: requests are sent with max_completion_tokens instead.`,
      `${scripted.url}/chat/completions refuses the field temperature: requests are sent without it.`,
      `${scripted.url}/chat/completions refuses the field stream_options: requests are sent without it.`,
    ]);
  });

  it("is found out once by requests side by side", async () => {
    await refusing(["temperature"]);
    const answers = await Promise.all([ask(), ask(), ask(), ask()]);
    expect(answers.map(({ outcome }) => outcome)).toEqual(["ok", "ok", "ok", "ok"]);
    expect(notices).toHaveLength(1);
  });

  it("has the clock started anew: what came before is in no time", async () => {
    scripted = await scriptedServer((response, { body }) => {
      if (!("temperature" in body)) return answerWell(response);
      setTimeout(() => json(response, 400, { error: { message: "temperature is not supported" } }), 300);
    });
    server = await connect(scripted.url, { onNotice: () => {} });
    const { first_byte_seconds, e2e_seconds } = await ask();
    expect(first_byte_seconds).toBeLessThan(0.3);
    expect(e2e_seconds).toBeLessThan(0.3);
  });

  it("is not asked again where its refusal stays the same, and nothing is learned of it", async () => {
    scripted = await scriptedServer((response) =>
      json(response, 400, { error: { message: "temperature is not supported" } }),
    );
    server = await connect(scripted.url, { onNotice: (notice) => notices.push(notice) });
    expect(await ask()).toMatchObject({
      outcome: "error",
      status: 400,
      error: "HTTP 400: temperature is not supported.",
    });
    expect(scripted.chats).toHaveLength(2);
    expect(notices).toEqual([]);
    await ask();
    expect(scripted.chats[2]).toHaveProperty("temperature");
  });

  it("is not denied what the caller named, nor what makes a method what it is", async () => {
    await refusing(["seed", "cache_salt", "cache"], { body: { seed: 7 } });
    expect(await ask()).toMatchObject({ outcome: "error", status: 400 });
    expect(await ask({ seed: undefined, cache_salt: "a" })).toMatchObject({ outcome: "error", status: 400 });
    expect(await ask({ seed: undefined, cache: { method: "reuse" } })).toMatchObject({
      outcome: "error",
      status: 400,
    });
    expect(scripted.chats).toHaveLength(3);
  });

  it("is not told max_tokens beside the caller's own max_completion_tokens", async () => {
    await refusing([], { body: { max_completion_tokens: 5, temperature: undefined } });
    await ask();
    expect(scripted.chats[0]).toMatchObject({ max_completion_tokens: 5 });
    expect(scripted.chats[0]).not.toHaveProperty("max_tokens");
    expect(scripted.chats[0]).not.toHaveProperty("temperature");
  });
});

describe("a caller's own headers and fields", () => {
  it("reach the server, and no error that echoes them", async () => {
    scripted = await scriptedServer((response, { body }) =>
      json(response, 403, { error: { message: `no: hunter2-hunter2 ${JSON.stringify(body)}` } }),
    );
    server = await connect(scripted.url, {
      headers: { "x-team": "hunter2-hunter2" },
      body: { metadata: { password: "pass-word-123" } },
    });
    const { error } = await ask();
    expect(error).toMatch(/^HTTP 403: no: \[redacted\] .*"password":"\[redacted\]"/);
  });
});

describe("the page beside a log", () => {
  it("tells a caller's own fields, without what is named like a key, and no header", async () => {
    await refusing([], {
      headers: { "x-team": "hunter2-hunter2" },
      body: { top_k: 1, seed: undefined, metadata: { api_key: "hunter2-hunter2", run: 3 } },
    });
    const log = join(mkdtempSync(join(tmpdir(), "page-")), "a.jsonl");
    await ttft.run({ server, contextTokens: [64], runs: 1, log });
    const page = readFileSync(`${log}.meta.json`, "utf8");
    expect(page + readFileSync(log, "utf8")).not.toContain("hunter2");
    expect(page).toContain('"top_k": 1');
    expect(page).toContain('"seed": null');
  });
});
