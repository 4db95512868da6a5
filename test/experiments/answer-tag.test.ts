import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import * as methods from "../../src/api/methods.js";
import * as quality from "../../src/api/quality.js";
import { connect } from "../../src/client/connect.js";
import type { Example } from "../../src/domain/records/example.js";
import { type TemplatedServer, templatedServer } from "../support/templated-server.js";

const folder = mkdtempSync(join(tmpdir(), "answer-tag-"));
let open: TemplatedServer | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const examples = (task: Example["task"]): Example[] =>
  ["one", "two", "three", "four"].map((id) => ({
    example_id: id,
    dataset: "mine",
    task,
    passages: [{ title: "T", text: "The river ends at Saltby." }],
    input: `Where does river ${id} end?`,
    references: ["Saltby"],
  }));

let runs = 0;
const run = async (answerOf: (prompt: string) => string, task: Example["task"], answerTag?: string) => {
  open = await templatedServer({ answer: answerOf });
  const server = await connect(open.url);
  const log = join(folder, `${++runs}.jsonl`);
  const rows = await quality.run({
    dataset: examples(task),
    methods: { "Full prefill": methods.fullPrefill(server) },
    ...(answerTag !== undefined && { answerTag }),
    log,
  });
  server.close();
  return { rows, log, asked: open.seen.filter(({ body }) => body.max_tokens !== 1) };
};

describe("answerTag", () => {
  it("scores what stands in the tag, an answer without it as empty, and counts how many had it", async () => {
    const answers: Readonly<Record<string, string>> = {
      one: "It may be Aune.\nNo: <answer> Saltby </answer>",
      two: "Saltby",
      three: "<answer>Aune</answer>, or rather\n<answer>Saltby</answer>.",
      four: "thinking… <answer>Saltb",
    };
    const answer = (prompt: string) => answers[/river (\w+) end/.exec(prompt)?.[1] ?? ""] ?? "";
    const { rows, log, asked } = await run(answer, "question answering", "answer");
    expect(rows.map(({ score, prediction, answer_parsed }) => [score, prediction, answer_parsed])).toEqual([
      [1, "Saltby", true],
      [0, "Saltby", false],
      [1, "Saltby", true],
      [0, "thinking… <answer>Saltb", false],
    ]);
    for (const { body } of asked) expect(body).toMatchObject({ max_tokens: 1024 });
    expect(JSON.stringify(asked[0]!.body)).toContain("between <answer> and </answer>");
    const table = quality.table(rows);
    expect(table.rows[0]).toMatchObject({ score: 0.5, parse_rate: 0.5 });
    expect(table.text).toMatch(/in tag/);
    expect(JSON.parse(readFileSync(`${log}.meta.json`, "utf8"))).toMatchObject({
      options: { answer_tag: "answer" },
    });
    expect(quality.table(await quality.read(log)).rows[0]!.parse_rate).toBe(0.5);
  });

  it("asks for no stop, for a thought has line breaks of its own, and scores a dialogue's first line", async () => {
    const { rows, asked } = await run(
      () => "Hm.\n<answer>\nSaltby\nMore</answer>",
      "dialogue summary",
      "answer",
    );
    expect(asked.map(({ body }) => body.stop)).toEqual([undefined, undefined, undefined, undefined]);
    expect(rows.map(({ prediction }) => prediction)).toEqual(Array(4).fill("Saltby"));
  });

  it("is null in every row, and no column, where none was asked for", async () => {
    const { rows, asked } = await run(() => "<answer>Saltby</answer>", "question answering");
    expect(rows[0]).toMatchObject({ answer_parsed: null, prediction: "<answer>Saltby</answer>" });
    expect(JSON.stringify(asked[0]!.body)).not.toContain("<answer>");
    expect(quality.table(rows).text).not.toContain("in tag");
  });

  it("must be a name", async () => {
    await expect(run(() => "", "question answering", "<answer>")).rejects.toThrow("answerTag must be a name");
  });
});
