import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { afterEach, describe, expect, it } from "vitest";
import * as blend from "../../../src/api/blend.js";
import * as methods from "../../../src/api/methods.js";
import * as quality from "../../../src/api/quality.js";
import { connect } from "../../../src/client/connect.js";
import type { Example } from "../../../src/domain/records/example.js";
import type { LmcacheOptions } from "../../../src/methods/chunks/lmcache-chunks.js";
import { lmcacheBlend } from "../../support/lmcache-blend.js";
import { templatedServer } from "../../support/templated-server.js";
import { temporaryFolder } from "../../support/temporary-files.js";

const folder = temporaryFolder();
let logs = 0;
const log = () => join(folder, `${++logs}.jsonl`);
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const BLOCK = 32;
/** A server in front of LMCache's blend engine with KV chunks of 32 tokens, and methods that know how it finds them. */
async function blendEngine(options: LmcacheOptions = { protocol: "chunks", chunkTokens: BLOCK }) {
  const templated = await templatedServer({ cached: lmcacheBlend(BLOCK) });
  const server = await connect(templated.url);
  closing.push(templated.close, server.close);
  const chunks = methods.lmcache({ ...options, settleSeconds: 0 });
  return { templated, server, blending: methods.cacheBlend(server, { chunks }) };
}

const words = (name: string, count: number) =>
  `${Array.from({ length: count }, (_, index) => `${name}${index}`).join(" ")}.\n\n`;
const passages = ["alpha", "beta", "gamma"].map((name, index) => ({
  title: null,
  text: words(name, 20 + 9 * index),
}));
const example: Example = {
  example_id: "one",
  dataset: "mine",
  task: "question answering",
  passages,
  input: "Which is it?",
  references: ["alpha0"],
};

describe("LMCache by its own KV chunks", () => {
  it.each([
    "chat",
    "completions",
  ] as const)("finds all documents of a %s, wherever they stand, and the evidence says so", async (format) => {
    const { templated, blending, server } = await blendEngine();
    const asked = { ...example, example_id: "two", passages: [...passages].reverse() };
    const rows = await quality.run({
      dataset: [example, asked],
      methods: { full: methods.fullPrefill(server), blend: blending },
      ...{ format, maxTokens: 5, log: log() },
    });
    expect(
      rows.map(({ outcome, evidence, evidence_reason }) => [outcome, evidence, evidence_reason]),
    ).toEqual(rows.map(() => ["ok", "proven", null]));
    const measured = templated.seen.filter(({ body }) => body.max_tokens === 5);
    for (const { ids } of measured) {
      // Every document begins where a KV chunk does, the template's own tokens counted in.
      for (const name of ["alpha0", "beta0", "gamma0"])
        expect(ids.indexOf(templated.encode(name)[0]!) % BLOCK).toBe(0);
    }
    for (const { cached_tokens, prompt_tokens, context_tokens } of rows.filter(
      ({ label }) => label === "blend",
    )) {
      expect(cached_tokens! % BLOCK).toBe(0);
      expect(prompt_tokens! - cached_tokens!).toBeLessThan(2 * BLOCK);
      // Filler is no context.
      expect(context_tokens).toBeLessThan(cached_tokens!);
    }
    expect(new Set(rows.map(({ prompt_tokens }) => prompt_tokens)).size).toBe(1);
  });

  // Real vocabularies join a text's end with what follows; odd sizes divide nothing; two documents may be the same.
  it.each(
    (["byte-level", "sentencepiece"] as const).flatMap((file) =>
      [7, 33].flatMap((size) => (["chat", "completions"] as const).map((format) => ({ file, size, format }))),
    ),
  )("finds them by the ids of a real tokenizer: $file, KV chunks of $size, $format", async ({
    file,
    size,
    format,
  }) => {
    const path = new URL(`../../fixtures/tokenizers/${file}.json`, import.meta.url);
    const tokenizer = new Tokenizer(JSON.parse(readFileSync(path, "utf8")), {});
    const templated = await templatedServer({
      ...{ cached: lmcacheBlend(size), bos: file === "sentencepiece" },
      tokenizer: {
        encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
        decode: (ids) => tokenizer.decode([...ids], { skip_special_tokens: false }),
      },
    });
    const server = await connect(templated.url);
    closing.push(templated.close, server.close);
    const chunks = methods.lmcache({ protocol: "chunks", chunkTokens: size, settleSeconds: 0 });
    const alike = { ...example, passages: [passages[0]!, passages[1]!, passages[0]!] };
    const odd = { ...example, passages: [{ title: "佩尔", text: "一条河 🦊 in Orr.\n" }, ...passages] };
    const rows = await quality.run({
      dataset: [example, alike, odd].map((one, index) => ({ ...one, example_id: `${index}` })),
      methods: { blend: methods.cacheBlend(server, { chunks }) },
      ...{ format, maxTokens: 5, log: log() },
    });
    expect(rows.map(({ evidence }) => evidence)).toEqual(rows.map(() => "proven"));
    for (const { cached_tokens, prompt_tokens, context_tokens } of rows) {
      expect(cached_tokens! % size).toBe(0);
      expect(cached_tokens!).toBeGreaterThan(context_tokens!);
      // All but the question, which is no whole chunk of anything that was stored.
      const question = tokenizer.encode(example.input).ids.length + 60;
      expect(prompt_tokens! - cached_tokens!).toBeLessThan(question + size);
    }
  });

  it("measures TTFT by it, with prompts of several lengths", async () => {
    const { blending, server } = await blendEngine();
    const rows = await blend.run({
      methods: { full: methods.fullPrefill(server), blend: blending },
      ...{ inputTokens: [256, 512], runs: 1, chunks: 3, warmUps: 0, log: log() },
    });
    expect(rows.map(({ evidence }) => evidence)).toEqual(rows.map(() => "proven"));
  });

  it("is not met by the separator's protocol, whose chunks stand on no grid: that is contradicted", async () => {
    const { blending } = await blendEngine({ protocol: "separator" });
    const rows = await quality.run({ dataset: [example], methods: { blending }, maxTokens: 5, log: log() });
    expect(rows.map(({ evidence }) => evidence)).toEqual(["contradicted"]);
  });

  it("refuses documents that are shorter than one KV chunk: a hit would be one of filler", async () => {
    const { blending, templated } = await blendEngine();
    const short = { ...example, passages: [{ title: null, text: "Too short." }] };
    await expect(
      quality.run({ dataset: [short], methods: { blending }, maxTokens: 5, log: log() }),
    ).rejects.toThrow(
      /CacheBlend refuses to run: the prompt's documents have \d tokens together, fewer than one KV chunk of 32, .*chunkTokens/s,
    );
    expect(templated.seen.filter(({ body }) => body.max_tokens === 5)).toEqual([]);
  });

  it("is not compared with the separator's protocol, for that asks other prompts", async () => {
    const { blending, server } = await blendEngine();
    const reuse = methods.fullKvReuse(server, { chunks: methods.lmcache() });
    await expect(
      quality.run({ dataset: [example], methods: { blending, reuse }, maxTokens: 5, log: log() }),
    ).rejects.toThrow('with KV chunks of 32 tokens and BOS null; with " # # " and BOS null');
  });

  it("takes no option of the other protocol, and none that makes no sense", () => {
    expect(() => methods.lmcache({ protocol: "chunks", separator: "##" })).toThrow(
      'separator is for the protocol "separator"; received "##".',
    );
    expect(() => methods.lmcache({ chunkTokens: 128 })).toThrow(
      'chunkTokens is for the protocol "chunks"; received 128.',
    );
    expect(() => methods.lmcache({ protocol: "chunks", chunkTokens: 0 })).toThrow(
      /chunkTokens must be a whole number of at least 1; received 0/,
    );
    // @ts-expect-error no such protocol
    expect(() => methods.lmcache({ protocol: "grid" })).toThrow(
      'protocol must be one of separator, chunks; received "grid".',
    );
    expect(methods.lmcache({ protocol: "chunks" }).joining.behind).toEqual({ chunkTokens: 256 });
  });
});
