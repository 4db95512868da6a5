import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import * as methods from "../../src/api/methods.js";
import * as quality from "../../src/api/quality.js";
import { connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import { OptionError } from "../../src/domain/errors/errors.js";
import type { Example } from "../../src/domain/records/example.js";
import type { QualityOptions } from "../../src/experiments/methods/quality.js";
import { jsonLines } from "../support/cli.js";
import { engineHere } from "../support/engine-here.js";
import { type TemplatedOptions, type TemplatedServer, templatedServer } from "../support/templated-server.js";

const folder = mkdtempSync(join(tmpdir(), "too-long-"));
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const serve = async (
  options: TemplatedOptions = {},
): Promise<{ templated: TemplatedServer; server: Server }> => {
  const templated = await templatedServer({ template: null, limit: 600, ...options });
  const server = await connect(templated.url);
  closing.push(templated.close, server.close);
  return { templated, server };
};

/** Questions on ten passages of about `words` words each. */
const question = (id: string, words: number): Example => ({
  example_id: id,
  dataset: "2wikimqa",
  task: "question answering",
  passages: Array.from({ length: 10 }, (_, passage) => ({
    title: `Title${passage}`,
    text: Array.from({ length: words }, (_, word) => `w${passage}_${word}`).join(" "),
  })),
  input: `Who is ${id}?`,
  references: ["Four"],
});
const short = question("short", 10);
const long = question("long", 100);
const mixed = [short, long, question("longer", 200), question("longest", 300), question("late", 12)];

let runs = 0;
const run = async (options: Pick<QualityOptions, "methods"> & Partial<QualityOptions>) => {
  const log = options.log ?? join(folder, `${++runs}.jsonl`);
  const rows = await quality.run({ dataset: mixed, ...options, log } as QualityOptions);
  return { rows, log, page: JSON.parse(readFileSync(`${log}.meta.json`, "utf8")) };
};
/** The measured requests; the others find out what the server is, or store chunks. */
const measured = ({ seen }: TemplatedServer) => seen.filter(({ body }) => body.max_tokens === 32);
const prompts = (templated: TemplatedServer) =>
  measured(templated)
    .filter(({ status }) => status === 200)
    .map(({ ids }) => templated.decode(ids));
const refused = (templated: TemplatedServer) =>
  measured(templated).filter(({ status }) => status !== 200).length;

/** The ways of servers that don't tell their limit in `/v1/models`. */
const llamaCpp = ({ limit, prompt }: { limit: number; prompt: number }) => ({
  status: 400,
  body: {
    error: {
      code: 400,
      message: "the request exceeds the available context size, try increasing it",
      type: "exceed_context_size_error",
      n_prompt_tokens: prompt,
      n_ctx: limit,
    },
  },
});
const openAi = ({ limit, prompt }: { limit: number; prompt: number }) => ({
  status: 400,
  body: {
    error: {
      message: `This model's maximum context length is ${limit} tokens. However, your messages resulted in ${prompt} tokens.`,
      code: "context_length_exceeded",
    },
  },
});
const wordless = () => ({ status: 413, body: { error: { message: "Request Entity Too Large" } } });

describe("prompts longer than the model's context", () => {
  it("are cut beforehand where the limit is told: no request is refused, the question stays, and all are scored", async () => {
    const { templated, server } = await serve();
    const { rows, page } = await run({ methods: { full: methods.fullPrefill(server) } });
    expect(refused(templated)).toBe(0);
    expect(rows.map(({ score, left_out }) => [score, left_out])).toEqual(mixed.map(() => [1, false]));
    const cut = rows.map(({ context_cut_tokens }) => context_cut_tokens);
    expect(cut.map((tokens) => tokens! > 0)).toEqual([false, true, true, true, false]);
    expect(cut[0]).toBe(0);
    expect(page.options).toMatchObject({
      ...{ tooLong: "cut", context_limit: 600 },
      ...{ cut_examples: 3, left_out_examples: 0 },
    });
    for (const [index, text] of prompts(templated).entries()) {
      expect(text).toMatch(/^([0-9a-f]{16}\n\n)?Read the passages and answer/);
      expect(text.endsWith(`Question: Who is ${mixed[index]!.example_id}?\nAnswer:`)).toBe(true);
    }
    // Whole chunks, from the middle: of ten of about 100 tokens the first and the last stay.
    expect([...prompts(templated)[1]!.matchAll(/Title(\d)/g)].map(([, number]) => number)).toEqual([
      "0",
      "1",
      "8",
      "9",
    ]);
    const text = quality.table(rows).text.replace(/\s+/g, " ");
    expect(text).toContain(
      "The prompts of 3 of 5 examples were cut to fit the model's context, by a median of",
    );
  });

  it("lose the tokens of their middle in LongBench's wording", async () => {
    const { templated, server } = await serve();
    await run({
      methods: { full: methods.fullPrefill(server) },
      dataset: [long],
      wording: "longbench",
      format: "completions",
    });
    const [text] = prompts(templated);
    const kept = [...text!.matchAll(/w(\d)_(\d+)/g)].map(
      ([, passage, word]) => Number(passage) * 100 + Number(word),
    );
    const gaps = kept.slice(1).filter((place, index) => place !== kept[index]! + 1);
    expect(gaps).toHaveLength(1);
    expect([kept[0], kept.at(-1)]).toEqual([0, 999]);
    const { ids } = templated.seen.at(-1)!;
    expect(ids.length + 32).toBeLessThanOrEqual(600);
    expect(ids.length + 32).toBeGreaterThan(600 - 64);
  });

  it("are left out where that is asked for, with the reason in the log, and no request is sent for them", async () => {
    const { templated, server } = await serve();
    const compared = { full: methods.fullPrefill(server), again: methods.fullPrefill(server) };
    const { rows, log } = await run({ methods: compared, tooLong: "skip" });
    expect(refused(templated)).toBe(0);
    const out = rows.filter(({ left_out }) => left_out);
    expect(out).toHaveLength(6);
    for (const row of out) {
      expect(row).toMatchObject({
        outcome: "error",
        score: null,
        prediction: null,
        context_cut_tokens: null,
      });
      expect(row.error).toMatch(
        /^Left out: its prompt of [\d,]+ tokens is too long for the context of 600 tokens/,
      );
    }
    expect(await quality.read(log)).toHaveLength(10);
    const table = quality.table(rows);
    expect(table.rows.map(({ n, failed_n }) => [n, failed_n])).toEqual([
      [2, 0],
      [2, 0],
    ]);
    expect(table.text).toContain(
      "Left out because they are too long for the model's context: 3 of 5 examples.",
    );
    expect(table.text).not.toContain("Failed requests");
    const before = measured(templated).length;
    const again = await run({ methods: compared, tooLong: "skip", log, resume: true });
    expect(again.rows).toHaveLength(10);
    expect(measured(templated)).toHaveLength(before);
  });

  it.each([
    ["vLLM", {}],
    ["llama.cpp", { refusal: llamaCpp }],
    ["OpenAI", { refusal: openAi }],
    ["OpenAI, with tokens that nobody else counts", { refusal: openAi, hidesTokens: true }],
  ] as const)("are cut once %s has refused one, where the limit is not told", async (_server, options) => {
    const { templated, server } = await serve({ tellsLimit: false, ...options });
    expect(server.contextLimit).toBeNull();
    const { rows, log } = await run({ methods: { full: methods.fullPrefill(server) } });
    expect(rows.map(({ outcome, score }) => [outcome, score])).toEqual(mixed.map(() => ["ok", 1]));
    expect(rows.filter(({ context_cut_tokens }) => context_cut_tokens! > 0)).toHaveLength(3);
    expect(refused(templated)).toBeLessThanOrEqual("hidesTokens" in options ? 3 : 1);
    const before = refused(templated);
    await run({ methods: { full: methods.fullPrefill(server) }, log, resume: true });
    expect(refused(templated)).toBe(before);
  });

  it("are left out once a server has refused one, where that is asked for, and resuming does not ask again", async () => {
    const { templated, server } = await serve({ tellsLimit: false });
    const compared = { full: methods.fullPrefill(server) };
    const { rows, log } = await run({ methods: compared, tooLong: "skip" });
    expect(rows.map(({ left_out }) => left_out)).toEqual([false, true, true, true, false]);
    expect(refused(templated)).toBe(1);
    const fresh = await connect(templated.url);
    closing.push(fresh.close);
    const seen = measured(templated).length;
    await run({ methods: { full: methods.fullPrefill(fresh) }, tooLong: "skip", log, resume: true });
    expect(measured(templated)).toHaveLength(seen);
  });

  it("are left out, and end no run, where a server refuses them without saying its limit", async () => {
    const { server } = await serve({ tellsLimit: false, refusal: wordless });
    const { rows } = await run({ methods: { full: methods.fullPrefill(server) } });
    expect(rows.map(({ outcome, left_out }) => [outcome, left_out])).toEqual([
      ["ok", false],
      ["error", true],
      ["error", true],
      ["error", true],
      ["ok", false],
    ]);
    expect(rows[1]!.error).toContain("Request Entity Too Large");
  });

  it("are the same for all methods: the smallest of the servers' limits counts, told or shown", async () => {
    for (const tellsLimit of [true, false]) {
      const [wide, narrow] = [
        await serve({ limit: 900, tellsLimit }),
        await serve({ limit: 500, tellsLimit }),
      ];
      const compared = { wide: methods.fullPrefill(wide.server), narrow: methods.fullPrefill(narrow.server) };
      const { rows, log } = await run({ methods: compared });
      const last = (label: string) =>
        mixed.map(
          ({ example_id }) =>
            rows.filter((row) => row.label === label && row.example_id === example_id).at(-1)!,
        );
      for (const [index, row] of last("wide").entries()) {
        const other = last("narrow")[index]!;
        expect([row.outcome, row.context_cut_tokens]).toEqual([other.outcome, other.context_cut_tokens]);
        expect(row.prompt_tokens).toBe(other.prompt_tokens);
      }
      const table = quality.table(rows, { baseline: "wide" });
      expect(table.rows.map(({ n }) => n)).toEqual([5, 5]);
      expect(table.rows[0]!.failed_n).toBe(0);
      const seen = measured(wide.templated).length;
      await run({ methods: compared, log, resume: true });
      expect(measured(wide.templated)).toHaveLength(seen);
    }
  });

  it("are cut before chunks are stored: KV reuse and CacheBlend of the embedded engine get the same prompt", async () => {
    const serving = await engineHere();
    const connected = await connect(serving.url);
    closing.push(serving.close, connected.close);
    const limit = 600;
    const server = {
      ...connected,
      contextLimit: { tokens: limit, source: "a shorter context for a quick test" },
    };
    const dataset = [long];
    const compared = { full: methods.fullPrefill(server), reuse: methods.fullKvReuse(server) };
    const { rows } = await run({ methods: compared, dataset, maxTokens: 2 });
    expect(rows.map(({ outcome }) => outcome)).toEqual(["ok", "ok"]);
    expect(rows[0]!.context_cut_tokens).toBeGreaterThan(0);
    expect(rows[0]!.prompt_tokens).toBe(rows[1]!.prompt_tokens);
    expect(rows[0]!.prompt_tokens! + 2).toBeLessThanOrEqual(limit);
  });

  it("keep the question, and are left out where it alone is too long", async () => {
    const { server } = await serve();
    const asked = { ...short, input: "who ".repeat(700) };
    const { rows } = await run({ methods: { full: methods.fullPrefill(server) }, dataset: [asked, long] });
    expect(rows[0]!.error).toMatch(
      /^Left out: its question and instruction alone are too long for the context of 600/,
    );
    expect(rows[1]!.outcome).toBe("ok");
  });

  it("leave room for the answer, or the run is refused before its first request", async () => {
    const { templated, server } = await serve();
    const compared = { full: methods.fullPrefill(server) };
    await expect(run({ methods: compared, maxTokens: 590 })).rejects.toThrow(OptionError);
    await expect(run({ methods: compared, maxTokens: 590 })).rejects.toThrow(
      /maxTokens must leave room for a prompt in a context of 600 tokens; received 590/,
    );
    expect(templated.seen.filter(({ path }) => path === "/v1/completions")).toHaveLength(0);
  });

  it("still let a run end after three requests that failed of something else", async () => {
    const { server } = await serve({ failsAt: "Who is" });
    await expect(run({ methods: { full: methods.fullPrefill(server) } })).rejects.toThrow(
      /Stopped after 3 failed requests in a row/,
    );
  });

  it("stand in the log's lines by the tokens taken out", async () => {
    const { server } = await serve();
    const { log } = await run({ methods: { full: methods.fullPrefill(server) }, dataset: [short, long] });
    const [whole, cut] = jsonLines(readFileSync(log, "utf8"));
    expect(whole).toMatchObject({ context_cut_tokens: 0, left_out: false });
    expect(cut!.context_cut_tokens).toBeGreaterThan(400);
  });
});
