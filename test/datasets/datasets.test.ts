import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { datasetsCommand } from "../../src/cli/commands/datasets-command.js";
import { qualityCommand } from "../../src/cli/commands/quality-command.js";
import { SOURCES, type SourceName } from "../../src/datasets/dataset-sources.js";
import {
  DATASET_NAMES,
  MADE_NAMES,
  PUBLISHED_DATASETS,
  PUBLISHED_NAMES,
} from "../../src/datasets/datasets.js";
import { loadDataset } from "../../src/datasets/load-dataset.js";
import { readDataset } from "../../src/datasets/read-dataset.js";
import { parseQualityRecord } from "../../src/logs/records/record-lines.js";
import { fileWriter, temporaryFolder } from "../support/temporary-files.js";

const console = { out: process.stdout, err: process.stderr };
const write = fileWriter(temporaryFolder());
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const unexpected = ({ message }: { readonly message: string }) => expect.unreachable(message);

describe("the list of datasets", () => {
  it.each(PUBLISHED_NAMES)("gives %s a sample in its authors' form, with its task", async (name) => {
    const { task } = PUBLISHED_DATASETS[name];
    const examples = await loadDataset(name, { samples: 2, solvedDialogues: 1 });
    expect(examples.map((example) => [example.dataset, example.task])).toEqual([
      [name, task],
      [name, task],
    ]);
  });

  it.each(MADE_NAMES)("makes %s from a seed", async (name) => {
    const examples = await loadDataset(name, { samples: 2 });
    expect(examples.map(({ dataset }) => dataset)).toEqual([name, name]);
  });

  it.each(PUBLISHED_NAMES)("reads %s in LongBench's form, by LongBench's name for it", async (name) => {
    const { task, longBench } = PUBLISHED_DATASETS[name];
    const context = task === "dialogue summary" ? "Dialogue: A: b\nSummary: c\n" : "Passage 1:\na\nb\n";
    const item = { dataset: longBench, context, input: "Dialogue: who?\nSummary: ", answers: ["c"] };
    const { examples } = await readDataset(write(`${name}.json`, [item]), null, unexpected);
    expect(examples[0]).toMatchObject({ dataset: name, task });
  });

  it.each(PUBLISHED_NAMES)("has CacheBlend's form read as %s where its user says so", async (name) => {
    const item = { ctxs: [{ title: "a", text: "b" }], question: "Dialogue: who?\nSummary: ", answers: ["c"] };
    const { examples } = await readDataset(write(`${name}-told.json`, [item]), name, unexpected);
    expect(examples[0]).toMatchObject({ dataset: name, task: PUBLISHED_DATASETS[name].task });
  });

  it.each(PUBLISHED_NAMES)("says where %s is published, and what LongBench's archive calls it", (name) => {
    expect(SOURCES[name]).toBe(PUBLISHED_DATASETS[name].source);
    const unpacked = SOURCES.longbench.files[0]!.unpack!;
    const { longBench } = PUBLISHED_DATASETS[name];
    expect(unpacked[`data/${longBench}.jsonl`]).toBe(`longbench-${longBench}.jsonl`);
  });

  it("is what the command line and its errors list", async () => {
    expect(qualityCommand(console).helpInformation().replaceAll(/\s+/g, " ")).toContain(
      "a name of `firsttoken datasets list`, or a file",
    );
    const fetching = datasetsCommand(console).commands.find((command) => command.name() === "fetch");
    const sources = Object.keys(SOURCES) as SourceName[];
    expect(fetching!.helpInformation().replaceAll(/\s+/g, " ")).toContain(sources.join(", "));
    await expect(loadDataset("nothing")).rejects.toThrow(
      `The named datasets are ${DATASET_NAMES.join(", ")}.`,
    );
    const told = loadDataset("2wikimqa", { dataset: "nothing" as "musique" });
    await expect(told).rejects.toThrow(`must be one of ${PUBLISHED_NAMES.join(", ")}`);
  });

  it.each(DATASET_NAMES)("is what the page on datasets tells of: %s", (name) => {
    expect(read("datasets/README.md")).toContain(`\`${name}\``);
  });

  it("limits no log: examples of one's own have a dataset of one's own", () => {
    const line = { example_id: "1", dataset: "my own", metric: "token_f1", score: 1, method: "full_prefill" };
    expect(parseQualityRecord({ ...line, references: ["a"], outcome: "ok" }).dataset).toBe("my own");
  });
});
