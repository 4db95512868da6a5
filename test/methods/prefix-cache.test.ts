import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import * as blend from "../../src/api/blend.js";
import * as datasets from "../../src/api/datasets.js";
import * as methods from "../../src/api/methods.js";
import * as quality from "../../src/api/quality.js";
import * as ttft from "../../src/api/ttft.js";
import { connect } from "../../src/client/connect.js";
import { blockTokensOf } from "../../src/methods/request/block-tokens.js";
import { type Caching, cachingServer } from "../support/caching-server.js";

const folder = mkdtempSync(join(tmpdir(), "prefix-"));
const log = () => join(folder, `${randomUUID()}.jsonl`);
const open: { close(): Promise<void> | void }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function at(caching: Partial<Caching>) {
  const stand = await cachingServer({ stores: "prefixes", blockTokens: 1, heedsSalt: false, ...caching });
  const server = await connect(stand.url);
  open.push(stand, server);
  return { server, stand };
}

/** As llama-server answers, and with one slot, as `firsttoken launch llamacpp` starts it. */
const LLAMACPP = { model: { owned_by: "llamacpp" }, headers: { server: "llama.cpp" }, slots: 1 } as const;
const vllm = (blockTokens: number) => ({
  ...{ blockTokens, heedsSalt: true, model: { owned_by: "vllm" } },
  routes: {
    "/version": { version: "0.32.0" },
    "/metrics": `vllm:cache_config_info{block_size="${blockTokens}",cache_dtype="auto"} 1.0\n`,
  },
});

const evidences = (rows: readonly { label: string | null; evidence: string }[]) =>
  Object.fromEntries(
    [...new Set(rows.map(({ label }) => label))].map((label) => [
      label,
      [...new Set(rows.filter((row) => row.label === label).map(({ evidence }) => evidence))].join(),
    ]),
  );

describe("prefix caching", () => {
  it.each([
    ["one slot of llama.cpp", LLAMACPP],
    ["one slot of a server nobody knows", { slots: 1 } as const],
    ["a server nobody knows, with a template", { template: 20 }],
    ["what keeps every prompt", {}],
  ])("meets its own chunk, and full prefill stays cold when it is asked again: %s", async (_name, caching) => {
    const { server } = await at(caching);
    const full = methods.fullPrefill(server);
    const compared = {
      "Full prefill": full,
      "Prefix cache": methods.prefixCache(server),
      "Full prefill (again)": full,
    };
    const dataset = await datasets.load("2wikimqa", { samples: 2 });
    for (let run = 1; run <= 2; run++) {
      const rows = await quality.run({ dataset, methods: compared, maxTokens: 1, log: log() });
      expect(evidences(rows)).toEqual({
        "Full prefill": "proven",
        "Prefix cache": "proven",
        "Full prefill (again)": "proven",
      });
    }
    const rows = await blend.run({
      ...{ methods: compared, inputTokens: [200], runs: 2, warmUps: 0 },
      log: log(),
    });
    expect(new Set(rows.map(({ evidence }) => evidence))).toEqual(new Set(["proven"]));
  });

  it.each([
    ["vLLM, which heeds salts", vllm(16), ["full", "prefix"], false],
    ["llama.cpp, for full prefill alone", LLAMACPP, ["full"], false],
    ["llama.cpp, for its prefix cache", LLAMACPP, ["full", "prefix"], true],
    ["a server nobody knows", {}, ["full"], true],
  ] as const)("a line of its own stands before every prompt where no field keeps it apart: %s", async (_name, caching, words, hasLine) => {
    const { server, stand } = await at(caching);
    const all = { full: methods.fullPrefill(server), prefix: methods.prefixCache(server) };
    const compared = Object.fromEntries(words.map((word) => [word, all[word]]));
    const dataset = await datasets.load("2wikimqa", { samples: 2 });
    const path = log();
    await quality.run({ dataset, methods: compared, maxTokens: 1, log: path });
    const page = JSON.parse(readFileSync(`${path}.meta.json`, "utf8"));
    expect(page.options.prompt_nonce !== null).toBe(hasLine);
    const measured = stand.prompts.filter(({ length }) => length > 200);
    expect(new Set(measured.map(([first]) => first)).size > 1).toBe(hasLine);
  });

  it("is unproven with the reason, not contradicted, where what is served does not fill a block", async () => {
    const { server } = await at(vllm(128));
    const rows = await blend.run({
      ...{
        methods: { Prefix: methods.prefixCache(server) },
        inputTokens: [256, 1_024],
        runs: 1,
        warmUps: 0,
      },
      log: log(),
    });
    const byLength = Object.fromEntries(rows.map((row) => [row.input_target, row]));
    expect(byLength[256]).toMatchObject({
      evidence: "unproven",
      cached_tokens: 0,
      evidence_reason: expect.stringContaining("in blocks of 128 tokens"),
    });
    expect(byLength[1_024]!.evidence).toBe("proven");
  });

  it("is said beforehand to fill no block only at the lengths whose records then prove none", async () => {
    const { server } = await at(vllm(128));
    const notes: string[] = [];
    const rows = await blend.run({
      ...{
        methods: { Prefix: methods.prefixCache(server) },
        // By a quarter of its tokens 512 would not do; with what all prompts begin with, it fills a block.
        inputTokens: [256, 448, 480, 512, 544, 1_024],
        runs: 1,
        warmUps: 0,
      },
      onNote: (note) => notes.push(note),
      log: log(),
    });
    const unproven = rows.filter(({ evidence }) => evidence === "unproven");
    const proven = rows.filter(({ evidence }) => evidence === "proven");
    expect(notes).toHaveLength(1);
    expect(proven.map(({ input_target }) => input_target)).toContain(512);
    const asked = unproven.map(({ input_target }) => input_target!).sort((a, b) => a - b);
    expect(notes[0]).toContain(`can't be proven at ${asked.join(", ")}.`);
    expect(unproven.length + proven.length).toBe(rows.length);
  });
});

describe("a sweep", () => {
  it.each([
    ["told by its metrics", vllm(128)],
    ["learnt", { blockTokens: 128 }],
  ])("says beforehand at which lengths no warm request can be proven, by blocks %s", async (_name, caching) => {
    const { server } = await at(caching);
    const notes: string[] = [];
    const rows = await ttft.run({
      ...{ server, contextTokens: [64, 124, 512], runs: 1, maxTokens: 1 },
      onNote: (note) => notes.push(note),
      log: log(),
    });
    expect(notes).toEqual([expect.stringContaining("can't be proven at 64.")]);
    expect(
      rows.map(({ context_target, cache_state, evidence }) => [context_target, cache_state, evidence]).sort(),
    ).toEqual([
      // With the question it fills a block.
      [124, "cold", "proven"],
      [124, "warm", "proven"],
      [512, "cold", "proven"],
      [512, "warm", "proven"],
      [64, "cold", "proven"],
      [64, "warm", "unproven"],
    ]);
  });
});

describe("the block of a prefix cache", () => {
  it.each([16, 32, 128])("is what vLLM's metrics say: %i", async (blockTokens) => {
    const { server, stand } = await at(vllm(blockTokens));
    expect(await blockTokensOf(server)).toBe(blockTokens);
    expect(stand.prompts).toHaveLength(0);
  });

  it.each([
    1, 16, 64, 128, 256,
  ])("is learnt from a few requests where nothing says it: %i", async (blockTokens) => {
    const { server, stand } = await at({ blockTokens });
    expect(await blockTokensOf(server)).toBe(blockTokens);
    expect(await blockTokensOf(server)).toBe(blockTokens);
    expect(stand.prompts).toHaveLength(4);
  });

  it.each(["nothing", "prompts"] as const)("is not known of a server that caches %s", async (stores) => {
    const { server } = await at({ stores });
    expect(await blockTokensOf(server)).toBeNull();
  });
});
