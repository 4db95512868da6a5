import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import * as methods from "../../src/api/methods.js";
import * as quality from "../../src/api/quality.js";
import { connect } from "../../src/client/connect.js";
import type { Example } from "../../src/domain/records/example.js";
import { type TemplatedOptions, type TemplatedServer, templatedServer } from "../support/templated-server.js";

const folder = mkdtempSync(join(tmpdir(), "quality-stop-"));
let open: TemplatedServer | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const dialogues = ["one", "two", "three"].map(
  (id): Example => ({
    example_id: id,
    dataset: "samsum",
    task: "dialogue summary",
    passages: [{ title: null, text: "Dialogue: A: hi\nSummary: A greets." }],
    input: `B: ${id}?`,
    references: ["B asks."],
  }),
);

let runs = 0;
const run = async (options: TemplatedOptions, dataset: readonly Example[] = dialogues) => {
  open = await templatedServer(options);
  const server = await connect(open.url);
  const rows = await quality.run({
    dataset,
    methods: { "Full prefill": methods.fullPrefill(server) },
    log: join(folder, `${++runs}.jsonl`),
  });
  server.close();
  const asked = open.seen.filter(({ body }) => body.max_tokens !== 1);
  return { rows, asked, stops: asked.map(({ body }) => body.stop) };
};

it("ends a dialogue's summary at its first line, all that is scored, and not 128 tokens later", async () => {
  const { rows, stops } = await run({
    answer: () => ` B asks.\nDialogue: C: and so on${" and on".repeat(200)}`,
  });
  expect(stops).toEqual([["\n"], ["\n"], ["\n"]]);
  for (const row of rows) {
    expect(row).toMatchObject({ outcome: "ok", score: 1, prediction: " B asks." });
    expect(row.output_tokens).toBeLessThan(10);
  }
});

it.each<readonly [string, TemplatedOptions]>([
  ["begins with a line break", { answer: () => "\n\nB asks.\nDialogue: more" }],
  ["thinks before it answers", { answer: () => "B asks.\nMore", thought: "Hm.\nSo.\n" }],
  ["stands on a server that refuses stop texts", { answer: () => "B asks.\nMore", refuses: "stop" }],
])("gives the same score, once asked again, to a model that %s", async (_what, options) => {
  const { rows, stops } = await run(options);
  expect(rows.map(({ score, prediction }) => [score, prediction])).toEqual(
    dialogues.map(() => [1, "B asks."]),
  );
  // Found out at the first answer; the others are asked without.
  expect(stops).toEqual([["\n"], undefined, undefined, undefined]);
});

it("stops no other task's answer", async () => {
  const question: Example = { ...dialogues[0]!, dataset: "2wikimqa", task: "question answering" };
  const { stops, rows } = await run({ answer: () => "B asks.\nMore" }, [question]);
  expect(stops).toEqual([undefined]);
  expect(rows[0]!.prediction).toBe("B asks.\nMore");
});
