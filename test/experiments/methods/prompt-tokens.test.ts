import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import * as methods from "../../../src/api/methods.js";
import * as quality from "../../../src/api/quality.js";
import { connect } from "../../../src/client/connect.js";
import { MethodRefused, OptionError } from "../../../src/domain/errors/errors.js";
import { dialogue, question } from "../../support/joined-examples.js";
import { type TemplatedOptions, templatedServer } from "../../support/templated-server.js";

const folder = mkdtempSync(join(tmpdir(), "prompt-tokens-"));
afterAll(() => rmSync(folder, { recursive: true }));
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

let runs = 0;
const log = () => join(folder, `${++runs}.jsonl`);

describe("with a real vocabulary, every method of a comparison", () => {
  const real = (file: string) => {
    const path = new URL(`../../fixtures/tokenizers/${file}.json`, import.meta.url);
    const tokenizer = new Tokenizer(JSON.parse(readFileSync(path, "utf8")), {});
    return {
      encode: (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids,
      decode: (ids: readonly number[]) => tokenizer.decode([...ids], { skip_special_tokens: false }),
    };
  };

  it.each(
    (["byte-level", "sentencepiece"] as const).flatMap((file) =>
      (["chat", "completions"] as const).map((format) => ({ file, format })),
    ),
  )("is asked the same ids through LMCache: $file, $format", async ({ file, format }) => {
    const templated = await templatedServer({ tokenizer: real(file), bos: file === "sentencepiece" });
    const server = await connect(templated.url);
    closing.push(templated.close, server.close);
    const chunks = methods.lmcache({ settleSeconds: 0 });
    const rows = await quality.run({
      dataset: [question, dialogue],
      methods: {
        full: methods.fullPrefill(server),
        prefix: methods.prefixCache(server),
        reuse: methods.fullKvReuse(server, { chunks }),
        blend: methods.cacheBlend(server, { chunks }),
      },
      ...{ format, maxTokens: 5, log: log() },
    });
    for (const { example_id } of [question, dialogue]) {
      const own = rows.filter((row) => row.example_id === example_id);
      expect(own.map(({ outcome, tokenised }) => [outcome, tokenised])).toEqual(
        own.map(() => ["ok", "pieces"]),
      );
      expect(
        new Set(own.map(({ prompt_tokens, context_tokens }) => `${prompt_tokens} ${context_tokens}`)).size,
      ).toBe(1);
    }
    const asked = templated.seen.filter(({ body }) => body.max_tokens === 5);
    expect(asked).toHaveLength(8);
    for (const four of [asked.slice(0, 4), asked.slice(4)]) {
      // Nothing keeps this server's requests apart but a line of their own, of one length.
      const line = /[0-9a-f]{16}\n\n/;
      const begun = four.map(({ ids }) => templated.decode(ids));
      expect(new Set(begun.map((text) => text.replace(line, ""))).size).toBe(1);
      const behind = begun[0]!.split(line)[1]!;
      const tail = templated.encode(behind).length - 20;
      expect(tail).toBeGreaterThan(30);
      expect(new Set(four.map(({ ids }) => `${ids.length}: ${ids.slice(-tail)}`)).size).toBe(1);
    }
  });

  it("has a text's tokens where none of them keeps chunks apart, and the record says so", async () => {
    const templated = await templatedServer({ tokenizer: real("byte-level") });
    const server = await connect(templated.url);
    closing.push(templated.close, server.close);
    const compared = { full: methods.fullPrefill(server), prefix: methods.prefixCache(server) };
    const rows = await quality.run({ dataset: [question], methods: compared, log: log() });
    expect(rows.map(({ tokenised }) => tokenised)).toEqual(["whole", "whole"]);
    expect(templated.seen.every(({ path }) => path === "/v1/chat/completions")).toBe(true);
  });
});

describe("a comparison that can't ask the same tokens is refused before it asks any", () => {
  const compared = async (other: TemplatedOptions, separators: readonly [string, string] = ["#", "#"]) => {
    const [one, two] = [await templatedServer(), await templatedServer(other)];
    const servers = [await connect(one.url), await connect(two.url)] as const;
    closing.push(one.close, two.close, servers[0].close, servers[1].close);
    const [reuse, blend] = separators.map((separator) => methods.lmcache({ separator, settleSeconds: 0 }));
    const running = quality.run({
      dataset: [question],
      methods: {
        "Full prefill": methods.fullPrefill(servers[1]),
        "Full KV reuse": methods.fullKvReuse(servers[0], { chunks: reuse! }),
        "CacheBlend 15%": methods.cacheBlend(servers[0], { chunks: blend! }),
      },
      ...({ format: "completions", log: log() } as const),
    });
    const error = await running.catch((caught: unknown) => caught);
    expect([...one.seen, ...two.seen]).toEqual([]);
    return { error: error as Error, url: servers[1].url };
  };

  it("by who gives no ids", async () => {
    const { error, url } = await compared({ hidesTokens: true });
    expect(error).toBeInstanceOf(MethodRefused);
    expect(error.message).toContain(`Full prefill refuses to run: ${url} gives no token ids`);
  });

  it("by servers of one model that have other tokens, or another BOS", async () => {
    const tokenizer = {
      encode: (text: string) => [...text].map((one) => one.codePointAt(0)!),
      decode: String,
    };
    for (const other of [{ tokenizer }, { bos: true }]) {
      const { error, url } = await compared(other);
      expect(error).toBeInstanceOf(MethodRefused);
      expect(error.message).toContain(url);
      expect(error.message).toContain("have different tokens for one text");
    }
  });

  it("by methods that join chunks by different separators", async () => {
    const { error } = await compared({}, ["#", " # # "]);
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(/^methods must all join their chunks alike/);
  });
});
