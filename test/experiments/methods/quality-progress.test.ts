import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import * as methods from "../../../src/api/methods.js";
import * as quality from "../../../src/api/quality.js";
import { connect } from "../../../src/client/connect.js";
import type { Example } from "../../../src/domain/records/example.js";
import { templatedServer } from "../../support/templated-server.js";

const dataset = ["one", "two", "three", "four"].map(
  (id): Example => ({
    example_id: id,
    dataset: "samsum",
    task: "dialogue summary",
    passages: [{ title: null, text: "Dialogue: A: hi\nSummary: A greets." }],
    input: `B: ${id}?`,
    references: ["B asks."],
  }),
);

it("counts examples of the log as done from the beginning, wherever they are, and as costing nothing", async () => {
  const asked = await templatedServer({ answer: () => "B asks." });
  const server = await connect(asked.url);
  const log = join(mkdtempSync(join(tmpdir(), "quality-progress-")), "log.jsonl");
  const run = { dataset, methods: { "Full prefill": methods.fullPrefill(server) }, log };
  await quality.run(run);
  // As a run leaves it that was stopped while the first and the third example were still being answered.
  const lines = readFileSync(log, "utf8").split("\n");
  writeFileSync(log, [lines[1], lines[3], ""].join("\n"));
  const told: (readonly [number, number, boolean])[] = [];
  const rows = await quality.run({
    ...run,
    resume: true,
    onProgress: (done, all, left) => void told.push([done, all, (left ?? null) !== null]),
  });
  expect(rows).toHaveLength(4);
  expect(told).toEqual([
    [2, 4, false],
    [3, 4, true],
    [4, 4, true],
  ]);
  server.close();
  await asked.close();
  rmSync(log);
});
