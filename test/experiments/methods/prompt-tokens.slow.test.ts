import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import * as blend from "../../../src/api/blend.js";
import * as methods from "../../../src/api/methods.js";
import * as quality from "../../../src/api/quality.js";
import { connect } from "../../../src/client/connect.js";
import { wholePrompt } from "../../../src/domain/records/chunked-prompt.js";
import type { QualityOptions } from "../../../src/experiments/methods/quality.js";
import { qualityPrompt } from "../../../src/prompts/quality-prompt.js";
import { fixture } from "../../engine/loading/fixtures.js";
import { engineHere } from "../../support/engine-here.js";
import { dialogue, question } from "../../support/joined-examples.js";

const folder = mkdtempSync(join(tmpdir(), "prompt-tokens-"));
afterAll(() => rmSync(folder, { recursive: true }));
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

let runs = 0;
const log = () => join(folder, `${++runs}.jsonl`);

describe("on the embedded engine with a language model", () => {
  /** The fixture's random Qwen2 with a longer context, and a proxy that keeps what is posted to it. */
  async function recordedEngine() {
    const model = join(folder, `qwen2-${++runs}`);
    cpSync(fixture("qwen2"), model, { recursive: true });
    const config = JSON.parse(readFileSync(join(model, "config.json"), "utf8"));
    writeFileSync(join(model, "config.json"), JSON.stringify({ ...config, max_position_embeddings: 2048 }));
    // It joins line breaks, as most vocabularies do, in the place of a token that comes nowhere here.
    const tokenizer = readFileSync(join(model, "tokenizer.json"), "utf8");
    const joins = tokenizer.replaceAll("Ġ**", "ĊĊ").replace(/"Ġ",(\s*)"\*\*"/, '"Ċ",$1"Ċ"');
    expect(joins).not.toBe(tokenizer);
    writeFileSync(join(model, "tokenizer.json"), joins);
    const serving = await engineHere({ model, kvTokens: 8192 });
    const seen: { readonly path: string; readonly body: Record<string, unknown> }[] = [];
    const proxy = createServer(async (request, response) => {
      let text = "";
      for await (const piece of request) text += piece;
      const path = request.url!;
      if (path.endsWith("/completions")) seen.push({ path, body: JSON.parse(text) });
      const answer = await fetch(new URL(path, serving.url), {
        method: request.method!,
        ...(text !== "" && { body: text }),
      });
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
    await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
    const server = await connect(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/v1`);
    closing.push(serving.close, () => void proxy.close(), server.close);
    return { serving, server, seen };
  }

  const all = (server: Awaited<ReturnType<typeof connect>>) => ({
    full: methods.fullPrefill(server),
    prefix: methods.prefixCache(server),
    repeat: methods.prefixCache(server, { served: "prompt" }),
    reuse: methods.fullKvReuse(server),
    blend: methods.cacheBlend(server),
    "r = 1": methods.cacheBlend(server, { recomputeRatio: 1 }),
  });

  it.each([
    "chat",
    "completions",
  ] as const)("all post the same ids, and r = 1 has full prefill's log-probabilities to the last bit (%s)", async (format) => {
    const { serving, server, seen } = await recordedEngine();
    const rows = await quality.run({
      dataset: [question, dialogue],
      methods: all(server),
      ...({ wording: "longbench", format, maxTokens: 6, log: log() } satisfies Partial<QualityOptions>),
    });
    expect(rows.map(({ outcome, evidence }) => [outcome, evidence])).toEqual(
      rows.map(() => ["ok", "proven"]),
    );
    const asked = seen.filter(({ body }) => body.max_tokens === 6);
    for (const [at, example] of [question, dialogue].entries()) {
      const six = asked.slice(at * 6, at * 6 + 6).map(({ body }) => body);
      const ids = six[0]!.prompt as number[];
      for (const body of six) expect(body.prompt).toEqual(ids);
      const own = rows.filter(({ example_id }) => example_id === example.example_id);
      expect(own.map(({ prompt_tokens }) => prompt_tokens)).toEqual(own.map(() => ids.length));

      const prompt = qualityPrompt(example, "longbench", format);
      const chat = { messages: [{ role: "user", content: wholePrompt(prompt) }] };
      const text = format === "chat" ? chat : { prompt: wholePrompt(prompt) };
      const whole = (await post(serving.url, "/tokenize", text)).tokens;
      // The test says nothing where a text's tokens are its pieces'.
      expect(whole).not.toEqual(ids);
      expect((await post(serving.url, "/detokenize", { tokens: whole })).prompt).toBe(
        (await post(serving.url, "/detokenize", { tokens: ids })).prompt,
      );

      const told = async (of: (body: Record<string, unknown>) => boolean) => {
        const { stream, stream_options, ...body } = six.find(of)!;
        expect(stream).toBe(true);
        const more = { logprobs: 20, prompt_logprobs: 20 };
        const { choices } = await post(serving.url, "/v1/completions", { ...body, ...more });
        return choices[0];
      };
      const ratioOf = (body: Record<string, unknown>) =>
        (body.cache as { recompute_ratio?: number } | undefined)?.recompute_ratio;
      const full = await told((body) => body.cache === undefined);
      const one = await told((body) => ratioOf(body) === 1);
      expect(full.prompt_logprobs).toHaveLength(ids.length);
      expect(one.prompt_logprobs.slice(1)).not.toContain(null);
      expect(isDeepStrictEqual(one, full)).toBe(true);
      const reuse = await told((body) => (body.cache as { method?: string } | undefined)?.method === "reuse");
      expect(reuse.logprobs).not.toEqual(full.logprobs);
    }
  });

  it("TTFT by method is that of one prompt length, chunks counted as they are posted", async () => {
    const { server, seen } = await recordedEngine();
    const rows = await blend.run({
      methods: all(server),
      ...{ inputTokens: [200], runs: 1, warmUps: 1, maxTokens: 7, log: log() },
    });
    expect(rows.map(({ outcome, tokenised }) => [outcome, tokenised])).toEqual(
      rows.map(() => ["ok", "pieces"]),
    );
    const asked = seen.filter(({ body }) => body.max_tokens === 7);
    expect(asked).toHaveLength(12);
    for (const { path, body } of asked) {
      expect(path).toBe("/v1/completions");
      expect(body.prompt).toEqual(expect.arrayContaining([expect.any(Number)]));
    }
    for (const [i, { prompt_tokens, context_tokens }] of rows.entries()) {
      const { prompt, cache } = asked[i + 6]!.body as { prompt: number[]; cache?: { chunks: number[][] } };
      expect(prompt_tokens).toBe(prompt.length);
      // The prefix is a chunk of its own there.
      if (cache) expect(cache.chunks.slice(1).flat()).toHaveLength(context_tokens!);
    }
  });
});

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
async function post(url: string, path: string, body: unknown): Promise<any> {
  return (await fetch(new URL(path, url), { method: "POST", body: JSON.stringify(body) })).json();
}
