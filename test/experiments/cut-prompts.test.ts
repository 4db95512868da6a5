import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import { cutPrompts } from "../../src/domain/records/cut-prompt.js";
import type { Example } from "../../src/domain/records/example.js";
import { blendTtft } from "../../src/experiments/methods/blend-ttft.js";
import { measureQuality } from "../../src/experiments/methods/quality.js";
import { measurePromptEffect } from "../../src/experiments/ttft/prompt-effect.js";
import { sweepTtft } from "../../src/experiments/ttft/ttft-sweep.js";
import { fullPrefill } from "../../src/methods/full-prefill.js";
import { blendTable } from "../../src/report/methods/blend-table.js";
import { qualityTable } from "../../src/report/methods/quality-table.js";
import { promptTable } from "../../src/report/prompts/prompt-table.js";
import { ttftTable } from "../../src/report/ttft/ttft-table.js";
import { KINDS, standIn } from "../support/stand-in.js";

const folder = mkdtempSync(join(tmpdir(), "cut-"));
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** Ollama with a context of 400 tokens, each a word. */
async function ollama(caches = true): Promise<Server> {
  const stand = await standIn({ ...KINDS.ollama, cutsAt: 400, caches });
  const server = await connect(stand.url);
  open.push(server, stand);
  return server;
}

let logs = 0;
const log = () => join(folder, `${++logs}.jsonl`);
const CUT = /The server cut the prompts of/;

describe("a server that cuts long prompts in silence", () => {
  it("has no median of a sweep's long contexts", async () => {
    const rows = await sweepTtft({
      server: await ollama(),
      contextTokens: [100, 1_000, 2_000],
      runs: 2,
      log: log(),
    });
    const table = ttftTable(rows);
    expect(table.rows.map(({ cold_n, warm_n, cut_n }) => [cold_n, warm_n, cut_n])).toEqual([
      [2, 2, 0],
      [0, 0, 4],
      [0, 0, 4],
    ]);
    expect(table.text).toMatch(CUT);
  });

  it("has none of prompts after a long context", async () => {
    const rows = await measurePromptEffect({
      server: await ollama(),
      prompts: { short: "What?", long: "What is the main topic of this document?" },
      contextTokens: 1_500,
      runs: 1,
      log: log(),
    });
    expect(promptTable(rows).rows.map(({ cold_n, cut_n }) => [cold_n, cut_n])).toEqual([
      [0, 2],
      [0, 2],
    ]);
  });

  it("has none of a method's long inputs", async () => {
    const rows = await blendTtft({
      methods: { "Full prefill": fullPrefill(await ollama()) },
      inputTokens: [200, 1_500],
      runs: 2,
      warmUps: 0,
      log: log(),
    });
    const table = blendTable(rows);
    expect(table.rows.map(({ n, cut_n }) => [n, cut_n])).toEqual([
      [2, 0],
      [0, 2],
    ]);
    expect(table.text).toMatch(CUT);
  });

  it("has no score of answers to what was left of the passages", async () => {
    const example = (id: number, words: number): Example => ({
      example_id: `e${id}`,
      dataset: "2wikimqa",
      task: "question answering",
      passages: [{ title: "Towns", text: "The town was founded by Hello. ".repeat(words / 6) }],
      input: "Who founded the town?",
      references: ["Hello"],
    });
    const rows = await measureQuality({
      dataset: [example(1, 60), example(2, 2_400), example(3, 3_000)],
      methods: { "Full prefill": fullPrefill(await ollama(false)) },
      log: log(),
    });
    const isCut = cutPrompts(rows);
    expect(rows.map(isCut)).toEqual([false, true, true]);
    const table = qualityTable(rows);
    expect(table.rows).toMatchObject([{ n: 1, cut_n: 2, score: 1 }]);
    expect(table.text).toMatch(CUT);
  });
});

describe("context_tokens", () => {
  it("are those of the passages alone, by the counter that the record names", async () => {
    const [row] = await measureQuality({
      dataset: [
        {
          example_id: "e",
          dataset: "samsum",
          task: "dialogue summary",
          passages: [{ title: null, text: "12345678" }],
          input: "A: Hi",
          references: ["Hello"],
        },
      ],
      methods: { "Full prefill": fullPrefill(await ollama()) },
      log: log(),
    });
    // Eight characters and the two line breaks behind them, by four, rounded up.
    expect(row).toMatchObject({ context_tokens: 3, token_counter: "≈ 4 characters a token" });
    expect(row!.prompt_tokens).toBeGreaterThan(3);
  });
});

describe("contexts counted by an estimate", () => {
  const unlimited = async (model = {}) => {
    const stand = await standIn({ ...KINDS.unknown, model });
    const server = await connect(stand.url);
    open.push(server, stand);
    return server;
  };

  it("come out as long as asked once two short requests have shown what a token is", async () => {
    const rows = await sweepTtft({
      server: await unlimited(),
      contextTokens: [500, 2_000],
      runs: 1,
      log: log(),
    });
    const [small, large] = [500, 2_000].map((target) =>
      rows.find(({ context_target }) => context_target === target),
    );
    expect(small).toMatchObject({ token_counter: "≈ characters a token, by the server's usage" });
    // The template and the question are the same in both. By four characters a token it would be 1,050.
    const grown = large!.prompt_tokens! - small!.prompt_tokens!;
    expect(Math.abs(grown - 1_500)).toBeLessThan(75);
  });

  it("show a cut of 5,000 tokens to 4,096 in a single length", async () => {
    const stand = await standIn({ ...KINDS.ollama, cutsAt: 4_096 });
    const server = await connect(stand.url);
    open.push(server, stand);
    const rows = await sweepTtft({ server, contextTokens: [5_000], runs: 1, log: log() });
    expect(rows.map(cutPrompts(rows))).toEqual([true, true]);
  });

  it("stay an estimate where nothing is sent ahead", async () => {
    const rows = await sweepTtft({
      server: await unlimited(),
      contextTokens: [100],
      runs: 1,
      warmUps: 0,
      log: log(),
    });
    expect(rows[0]!.token_counter).toBe("≈ 4 characters a token");
  });

  it("of methods and of quality are set right too", async () => {
    const methods = { "Full prefill": fullPrefill(await unlimited()) };
    const rows = await blendTtft({ methods, inputTokens: [1_000], runs: 1, warmUps: 1, log: log() });
    expect(rows[0]!.token_counter).toBe("≈ characters a token, by the server's usage");
    expect(Math.abs(rows[0]!.prompt_tokens! - 1_000)).toBeLessThan(60);
  });
});
