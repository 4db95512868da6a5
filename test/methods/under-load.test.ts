import { connect as dial } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as methods from "../../src/api/methods.js";
import { connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import type { ChunkedPrompt } from "../../src/domain/records/chunked-prompt.js";
import { wholeIds } from "../../src/domain/records/prompt-ids.js";
import { NEXT_TO_EACH_OTHER, promptIds } from "../../src/methods/request/prompt-ids.js";
import { chunkedFiller } from "../../src/prompts/chunked-filler.js";
import { random } from "../../src/stats/random.js";
import type { PostedRequest } from "../../src/wire/endpoint.js";
import { type EngineHere, engineHere } from "../support/engine-here.js";

let served: EngineHere;
let server: Server;
beforeAll(async () => {
  served = await engineHere();
  server = await connect(served.url, { apiKey: "sk-under-load-1" });
});
afterAll(async () => {
  server.close();
  await served.close();
});

/** Sends the bytes as a load does, and gives the usage that its stream tells. */
async function send({ endpoint, bytes }: PostedRequest): Promise<Record<string, unknown>> {
  const answer = await new Promise<string>((resolve, reject) => {
    let text = "";
    const socket = dial(endpoint.port, endpoint.host, () => socket.write(bytes));
    socket.on("error", reject).on("data", (piece) => {
      text += piece;
      if (!text.includes("[DONE]")) return;
      socket.destroy();
      resolve(text);
    });
  });
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  const events = answer.split("\n").filter((line) => line.startsWith("data: {"));
  return JSON.parse(events.findLast((line) => line.includes('"usage"'))!.slice("data: ".length)).usage;
}

const reportOf = (usage: Record<string, unknown>) => {
  const details = usage.prompt_tokens_details as Record<string, number | undefined>;
  return {
    prompt_tokens: usage.prompt_tokens as number,
    cached_tokens: details.cached_tokens ?? null,
    cached_tokens_source: "usage",
    recomputed_tokens: details.recomputed_tokens ?? null,
  };
};

async function prompt(name: string): Promise<ChunkedPrompt> {
  const pieces = await chunkedFiller(random(name), server.tokens, { tokens: 200, chunks: 3 });
  return { ...pieces, ids: await promptIds("a test", server, pieces, NEXT_TO_EACH_OTHER) };
}

const NOTHING = { prefixTokens: 0, chunkTokens: 0 };

describe("a method under load", () => {
  it("sends full prefill's requests so that none finds another's prompt", async () => {
    const load = await methods.fullPrefill(server).underLoad("completions");
    const one = await prompt("full");
    for (let time = 0; time < 2; time++) {
      const report = reportOf(await send(await load.posted(one, { maxTokens: 1 })));
      expect(report.prompt_tokens).toBe(wholeIds(one.ids!).length);
      expect(load.evidence(one, report, NOTHING)).toMatchObject({ evidence: "proven" });
    }
    expect(load.store).toBeNull();
  });

  it("lets prefix caching find what an earlier request has left, and says so where it does not", async () => {
    const load = await methods.prefixCache(server).underLoad("completions");
    const one = await prompt("prefix");
    const whole = wholeIds(one.ids!).length;
    const first = reportOf(await send(await load.posted(one, { maxTokens: 1 })));
    expect(load.evidence(one, first, NOTHING).evidence).toBe("unproven");
    const second = reportOf(await send(await load.posted(one, { maxTokens: 1 })));
    const left = { prefixTokens: whole, chunkTokens: whole };
    expect(load.evidence(one, second, left)).toMatchObject({ evidence: "proven" });
    expect(load.evidence(one, first, left).evidence).toBe("contradicted");
    // A hit of what no earlier request of this load had is somebody else's.
    expect(load.evidence(one, second, NOTHING).evidence).toBe("contradicted");
  });

  it.each([
    ["full KV reuse", (at: Server) => methods.fullKvReuse(at)],
    ["CacheBlend", (at: Server) => methods.cacheBlend(at, { recomputeRatio: 0.15 })],
    ["EPIC", (at: Server) => methods.epic(at, { tokensPerChunk: 4 })],
  ])("finds the chunks that were stored ahead, in another order, by %s", async (_, make) => {
    const load = await make(server).underLoad("completions");
    const one = await prompt(`chunks ${_}`);
    await load.store!(one);
    const { chunks } = one.ids!;
    const turned = { ...one, ids: { ...one.ids!, chunks: [chunks[2]!, chunks[0]!, chunks[1]!] } };
    const report = reportOf(await send(await load.posted(turned, { maxTokens: 1 })));
    const stored = one.ids!.prefix.length + chunks.flat().length;
    const left = { prefixTokens: one.ids!.prefix.length, chunkTokens: stored };
    expect(load.evidence(turned, report, left)).toMatchObject({ evidence: "proven" });
  });

  it("refuses to reset a cache between requests that overlap", async () => {
    await expect(methods.fullPrefill(server, { coldBy: "reset" }).underLoad("chat")).rejects.toThrow(
      "can't be reset between requests that overlap",
    );
  });

  it("tells what must be taken out of a server's words about its requests", async () => {
    const posted = server.posted({ messages: [{ role: "user", content: "Hello" }], maxTokens: 1 });
    expect(posted.secrets).toContain("sk-under-load-1");
    const text = Buffer.from(posted.bytes).toString();
    expect(text).toMatch(/^POST \/v1\/chat\/completions HTTP\/1\.1\r\n/);
    expect(JSON.parse(text.slice(text.indexOf("\r\n\r\n")))).toMatchObject({ stream: true, max_tokens: 1 });
  });
});
