import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import * as methods from "../../../src/api/methods.js";
import { connect } from "../../../src/client/connect.js";
import { begin, finish, json } from "../../support/scripted-server.js";

/** A server in front of LMCache, as far as a client sees it: it tokenises by characters and keeps what it is sent. */
async function lmcacheServer() {
  const prompts: unknown[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    if (request.url === "/v1/models")
      return json(response, 200, { data: [{ id: "mistral", max_model_len: 32_768 }] });
    const sent = JSON.parse(body || "{}") as { prompt: string | number[] };
    if (request.url === "/tokenize") {
      const tokens = Array.from(sent.prompt as string, (character) => character.charCodeAt(0));
      return json(response, 200, { count: tokens.length, tokens });
    }
    if (request.url !== "/v1/completions") return json(response, 404, { detail: "Not Found" });
    prompts.push(sent.prompt);
    begin(response);
    response.write('data: {"choices":[{"index":0,"text":"a"}]}\n\n');
    // All but the question, once the chunks are stored.
    const cached_tokens = prompts.length < 3 ? 0 : sent.prompt.length - 20;
    finish(response, {
      prompt_tokens: sent.prompt.length,
      completion_tokens: 1,
      prompt_tokens_details: { cached_tokens },
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return { url, prompts, close: () => server.close() };
}

const ids = (text: string) => Array.from(text, (character) => character.charCodeAt(0));
const BOS = 1;

it("posts LMCache token ids: pieces tokenised apart, joined by the separator's ids, with BOS first and only first", async () => {
  const lmcache = await lmcacheServer();
  const server = await connect(lmcache.url, { profile: "vllm-lmcache" });
  const chunks = methods.lmcache({ separator: "##", bosToken: BOS, settleSeconds: 0 });
  const method = methods.cacheBlend(server, { chunks });
  const [long, question] = ["B".repeat(40), "Q".repeat(20)];
  const prompt = { prefix: "P", chunks: ["A", long], question };
  const { collect_seconds } = await method.prepare(prompt);
  const answer = await method.ask(prompt, { maxTokens: 1 });
  expect(lmcache.prompts).toEqual([
    [BOS, ...ids("P##A")],
    [BOS, ...ids(long)],
    [BOS, ...ids(`P##A##${long}##${question}`)],
  ]);
  expect(collect_seconds).toBeGreaterThan(0);
  expect(answer.evidence).toBe("proven");
  server.close();
  lmcache.close();
});
