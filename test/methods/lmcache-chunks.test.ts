import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { methods } from "../../src/api/methods.js";
import { connect } from "../../src/client/connect.js";
import { answerWell, json } from "../support/scripted-server.js";

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
    answerWell(response, 90);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return { url, prompts, close: () => server.close() };
}

const ids = (text: string) => Array.from(text, (character) => character.charCodeAt(0));
const BOS = 1;

it("posts LMCache token ids: pieces tokenised apart, joined by the separator's ids, with BOS first and only first", async () => {
  const lmcache = await lmcacheServer();
  const server = await connect(lmcache.url);
  const chunks = methods.lmcache({ separator: "##", bosToken: BOS, settleSeconds: 0 });
  const method = methods.cacheBlend(server, { chunks });
  const prompt = { prefix: "P", chunks: ["A", "B"], question: "Q" };
  const { collect_seconds } = await method.prepare(prompt);
  const answer = await method.ask(prompt, { maxTokens: 1 });
  expect(lmcache.prompts).toEqual([
    [BOS, ...ids("P##A")],
    [BOS, ...ids("B")],
    [BOS, ...ids("P##A##B##Q")],
  ]);
  expect(collect_seconds).toBeGreaterThan(0);
  expect(answer.evidence).toBe("proven");
  server.close();
  lmcache.close();
});
