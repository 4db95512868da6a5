import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import * as blend from "../../src/api/blend.js";
import * as methods from "../../src/api/methods.js";
import * as quality from "../../src/api/quality.js";
import * as ttft from "../../src/api/ttft.js";
import { connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import type { Example } from "../../src/domain/records/example.js";
import { examine } from "../../src/experiments/doctor/doctor.js";
import { begin, type ScriptedServer, scriptedServer } from "../support/scripted-server.js";

const folder = mkdtempSync(join(tmpdir(), "empty-"));
let scripted: ScriptedServer;
let server: Server;
afterEach(async () => {
  server.close();
  await scripted.close();
});

/** A server whose model ends its answers at once: no text, a `finish_reason`, one token of usage. */
async function emptyServer(finish: string, delta: object = { content: "" }): Promise<void> {
  scripted = await scriptedServer((response) => {
    begin(response);
    const choice = { index: 0, delta, text: "", finish_reason: finish };
    response.write(`data: ${JSON.stringify({ choices: [choice] })}\n\n`);
    response.write(
      `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 90, completion_tokens: 1 } })}\n\n`,
    );
    response.end("data: [DONE]\n\n");
  });
  server = await connect(scripted.url);
}

const examples = Array.from(
  { length: 5 },
  (_, i): Example => ({
    example_id: `q${i}`,
    dataset: "2wikimqa",
    task: "question answering",
    passages: [{ title: null, text: `Town ${i} was founded by Ann.` }],
    input: "Who founded the town?",
    references: ["Ann"],
  }),
);

describe("an answer without text", () => {
  it.each(["stop", "length"])("is scored as one, and stops no quality run (%s)", async (finish) => {
    await emptyServer(finish);
    const rows = await quality.run({
      dataset: examples,
      methods: { "Full prefill": methods.fullPrefill(server) },
      log: join(folder, `quality-${finish}.jsonl`),
    });
    expect(rows).toHaveLength(5);
    for (const row of rows) {
      // LongBench's qa_f1_score("", ["Ann"]) is 0.
      expect(row).toMatchObject({ outcome: "ok", error: null, prediction: "", score: 0, ttft_seconds: null });
      expect(row).toMatchObject({
        finish_reason: finish,
        remark: expect.stringMatching(/^The answer is empty/),
      });
    }
    expect(quality.table(rows).rows[0]).toMatchObject({ n: 5, score: 0 });
  });

  it("is one with thoughts alone too, and says so", async () => {
    await emptyServer("length", { reasoning_content: "hm" });
    const [row] = await quality.run({
      dataset: examples.slice(0, 1),
      methods: { "Full prefill": methods.fullPrefill(server) },
      log: join(folder, "reasoning.jsonl"),
    });
    expect(row).toMatchObject({ outcome: "ok", prediction: "", score: 0 });
    expect(row!.remark).toMatch(/reasoning but no content.*--max_tokens \(maxTokens\)/);
  });

  it("is in no median of a length table, which counts it and says why", async () => {
    await emptyServer("stop");
    const rows = await blend.run({
      methods: { "Full prefill": methods.fullPrefill(server), "Prefix cache": methods.prefixCache(server) },
      inputTokens: [64],
      runs: 4,
      warmUps: 1,
      chunks: 2,
      log: join(folder, "blend.jsonl"),
    });
    expect(rows).toHaveLength(8);
    for (const row of rows)
      expect(row).toMatchObject({ outcome: "ok", ttft_seconds: null, finish_reason: "stop" });
    const { rows: lines, text } = blend.table(rows);
    expect(lines.map(({ n, failed_n }) => [n, failed_n])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(text.replace(/\s+/g, " ")).toContain(
      '8 ended well without a content token, and so have no TTFT: The answer is empty (finish_reason "stop").',
    );
  });

  it("stops no sweep, is in no median, and is counted", async () => {
    await emptyServer("stop");
    const rows = await ttft.run({ server, contextTokens: [64], runs: 3, log: join(folder, "ttft.jsonl") });
    expect(rows).toHaveLength(6);
    const { text } = ttft.table(rows.map((row) => ({ ...row, label: "m" })));
    expect(text.replace(/\s+/g, " ")).toContain("6 ended well without a token of content, and are excluded");
  });

  it("is no failure to the doctor", async () => {
    await emptyServer("stop");
    expect((await examine(server)).failures).toEqual([]);
  });
});
