import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as blend from "../../src/api/blend.js";
import * as datasets from "../../src/api/datasets.js";
import * as methods from "../../src/api/methods.js";
import * as metrics from "../../src/api/metrics.js";
import * as quality from "../../src/api/quality.js";
import { connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import { LogError, OptionError } from "../../src/domain/errors/errors.js";
import { normalizeAnswer } from "../../src/metrics/answers.js";
import { jsonLines } from "../support/cli.js";
import { type EngineHere, engineHere } from "../support/engine-here.js";

const folder = mkdtempSync(join(tmpdir(), "methods-"));
let serving: EngineHere;
let server: Server;
beforeAll(async () => {
  serving = await engineHere();
  server = await connect(serving.url);
});
afterAll(async () => {
  server.close();
  await serving.close();
});

const compared = () => ({
  "Full prefill": methods.fullPrefill(server),
  "Full KV reuse": methods.fullKvReuse(server),
  "CacheBlend 15%": methods.cacheBlend(server, { recomputeRatio: 0.15 }),
});

/** Stops an experiment from within, after so many records. */
const stopAfter = (count: number) => {
  const controller = new AbortController();
  let seen = 0;
  const onRecord = () => {
    if (++seen === count) controller.abort(new Error("stopped"));
  };
  return { onRecord, signal: controller.signal };
};

describe("blend.run", () => {
  const options = { inputTokens: [128, 256], runs: 2, warmUps: 1, chunks: 2 };

  it("records every method at every length, with what collecting cost beside the TTFT", async () => {
    const log = join(folder, "blend.jsonl");
    const rows = await blend.run({ methods: compared(), ...options, log });
    expect(rows).toHaveLength(12);
    for (const row of rows) expect(row).toMatchObject({ outcome: "ok", evidence: "proven", chunks: 2 });
    for (const { label, collect_seconds } of rows) {
      if (label === "Full prefill") expect(collect_seconds).toBeNull();
      else expect(collect_seconds).toBeGreaterThan(0);
    }
    for (const { input_target, context_tokens, prompt_tokens, token_counter } of rows) {
      // Its BOS among them, which the warm-ups have shown.
      expect(prompt_tokens).toBe(input_target);
      // The opening and the question are beside the context.
      expect(context_tokens).toBeLessThan(input_target! - 10);
      expect(context_tokens).toBeGreaterThan(input_target! - 50);
      expect(token_counter).toBe("server /tokenize");
    }
    expect(await blend.read(log)).toEqual(rows.map((row) => expect.objectContaining({ ...row })));
    expect(Object.keys(jsonLines(readFileSync(log, "utf8"))[0]!).slice(0, 3)).toEqual([
      "run_index",
      "context_tokens",
      "ttft_seconds",
    ]);
    const table = blend.table(rows);
    expect(table.rows.map(({ label }) => label).slice(0, 3)).toEqual(Object.keys(compared()));
  });

  it("goes on where it was stopped, without a request twice", async () => {
    const log = join(folder, "stopped.jsonl");
    const stopped = blend.run({ methods: compared(), ...options, log, ...stopAfter(5) });
    await expect(stopped).rejects.toThrow("stopped");
    expect(jsonLines(readFileSync(log, "utf8"))).toHaveLength(5);
    await expect(blend.run({ methods: compared(), ...options, log })).rejects.toThrow(LogError);
    const rows = await blend.run({ methods: compared(), ...options, log, resume: true });
    expect(new Set(rows.map((row) => `${row.label} ${row.input_target} ${row.trial}`)).size).toBe(12);
    expect(rows).toHaveLength(12);
  });

  it("measures several numbers of chunks of one length in one log, each with its own warm-ups and cells", async () => {
    const log = join(folder, "chunks.jsonl");
    const rows = await blend.run({
      methods: compared(),
      ...{ chunkTokens: [64], chunks: [2, 3], runs: 1, warmUps: 1, log },
    });
    const inputs = rows
      .map(({ label, chunks, input_target }) => `${label}: ${chunks} in ${input_target}`)
      .sort();
    const each = ["CacheBlend 15%", "Full KV reuse", "Full prefill"];
    expect(inputs).toEqual(each.flatMap((label) => [`${label}: 2 in 128`, `${label}: 3 in 192`]));
    for (const { outcome, evidence, prompt_tokens, input_target } of rows) {
      expect([outcome, evidence, prompt_tokens]).toEqual(["ok", "proven", input_target]);
    }
    const figure = blend.chart(await blend.read(log), { against: "chunks" }).figure;
    expect(figure.data.map(({ x }) => x)).toEqual(each.map(() => [2, 3]));
    expect(JSON.stringify(figure.layout.title)).toContain("chunk length fixed");
    const manifest = JSON.parse(readFileSync(`${log}.meta.json`, "utf8"));
    expect(JSON.stringify(manifest)).toContain('"chunks":[2,3]');
  });

  it("checks its options with the rule and the value", async () => {
    const log = join(folder, "never.jsonl");
    await expect(blend.run({ methods: {}, log })).rejects.toThrow("methods must name at least one method");
    await expect(blend.run({ methods: compared(), log, runs: 0 })).rejects.toThrow(OptionError);
    await expect(blend.run({ methods: compared(), log, trials: 3 } as never)).rejects.toThrow(
      "trials is called runs; received 3.",
    );
    await expect(blend.run({ methods: compared(), log, inputTokens: [64], chunks: 64 })).rejects.toThrow(
      /^chunks must be few enough for inputs of 64 tokens: with an opening and a question, that many take at least \d+; received 64\.$/,
    );
    await expect(blend.run({ methods: compared(), log, inputTokens: [12] })).rejects.toThrow(
      "inputTokens.0 must be a whole number of at least 64; received 12.",
    );
  });
});

describe("quality.run", () => {
  it("goes on where it was stopped, several examples at once", async () => {
    const log = join(folder, "quality-stopped.jsonl");
    const dataset = await datasets.load("multihop", { samples: 8, seed: 3 });
    const options = { dataset, methods: compared(), maxTokens: 2, concurrency: 3, log };
    await expect(quality.run({ ...options, ...stopAfter(7) })).rejects.toThrow("stopped");
    const before = jsonLines(readFileSync(log, "utf8"));
    expect(before.length).toBeGreaterThanOrEqual(7);
    const rows = await quality.run({ ...options, resume: true });
    expect(rows).toHaveLength(24);
    expect(new Set(rows.map((row) => `${row.example_id} ${row.label}`)).size).toBe(24);
    // They waited for each other, so their times are no method's.
    expect(new Set(rows.map(({ concurrency }) => concurrency))).toEqual(new Set([3]));
    expect(quality.table(rows).text).not.toContain("TTFT mean");
  });

  it("asks the bundled samples of every task in the wording chosen and scores them by their metric", async () => {
    for (const [name, metric] of [
      ["2wikimqa", "token_f1"],
      ["samsum", "rougeL"],
    ] as const) {
      const dataset = await datasets.load(name, { samples: 2 });
      const log = join(folder, `${name}.jsonl`);
      const only = { "Full prefill": methods.fullPrefill(server) };
      const rows = await quality.run({ dataset, methods: only, wording: "longbench", maxTokens: 4, log });
      expect(rows.map((row) => [row.dataset, row.metric, row.outcome])).toEqual([
        [name, metric, "ok"],
        [name, metric, "ok"],
      ]);
    }
  });

  it("scores with the answering model's own token ids", async () => {
    const dataset = await datasets.load("multihop", { samples: 4, seed: 9 });
    const rows = await quality.run({
      ...{ dataset, methods: compared(), metric: "cacheblend_f1", maxTokens: 4 },
      log: join(folder, "token-ids.jsonl"),
    });
    expect(rows).toHaveLength(12);
    for (const { metric, score, prediction, references } of rows) {
      const ids = new Map<string, readonly number[]>();
      for (const text of ["", ...[prediction!, ...references].map(normalizeAnswer)]) {
        ids.set(text, (await server.tokens.encode(text))!);
      }
      expect(metric).toBe("cacheblend_f1");
      expect(score).toBe(metrics.cacheblendF1(prediction!, references, (text) => ids.get(text)!));
    }
    // Full prefill answers these questions, so that a score of 1 is there to be told from one of 0.
    expect(rows.map(({ score }) => score)).toContain(1);
  });

  it("refuses a metric of token ids where the server gives none, before anything is measured", async () => {
    const bare = createServer((request, response) => {
      response.writeHead(request.url === "/v1/models" ? 200 : 404, { "content-type": "application/json" });
      response.end(JSON.stringify({ object: "list", data: [{ id: "bare", object: "model" }] }));
    });
    await new Promise<void>((listening) => bare.listen(0, "127.0.0.1", listening));
    const url = `http://127.0.0.1:${(bare.address() as AddressInfo).port}/v1`;
    const other = await connect(url);
    const log = join(folder, "no-ids.jsonl");
    writeFileSync(log, "");
    await expect(
      quality.run({
        dataset: await datasets.load("multihop", { samples: 1 }),
        methods: { "Full prefill": methods.fullPrefill(other) },
        metric: "cacheblend_f1",
        ...{ log, overwrite: true },
      }),
    ).rejects.toThrow(`metric must not be a metric of token ids: ${url} gives none (it has no /tokenize)`);
    expect(existsSync(`${log}.meta.json`)).toBe(false);
    other.close();
    await new Promise((closed) => bare.close(closed));
  });
});
