import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { DatasetProblem } from "../../src/datasets/files/dataset-problem.js";
import { type LoadOptions, loadDataset } from "../../src/datasets/load-dataset.js";
import { datasetName } from "../../src/domain/records/dataset-name.js";
import type { Example } from "../../src/domain/records/example.js";
import { fileWriter, temporaryFolder } from "../support/temporary-files.js";

const folder = resolve(import.meta.dirname, "../../datasets");
const write = fileWriter(temporaryFolder());
const never = (problem: DatasetProblem) => expect.unreachable(problem.message);
const load = (name: string, options: LoadOptions = {}) => loadDataset(name, { onProblem: never, ...options });
const ids = (examples: readonly Example[]) => examples.map(({ example_id }) => example_id);

const dialogues = Array.from({ length: 40 }, (_, index) => ({
  id: `d${index}`,
  dialogue: `A: number ${index}`,
  summary: `A says ${index}.`,
}));

describe("the bundled samples", () => {
  it.each([
    ["2wikimqa", "question answering", 8],
    ["musique", "question answering", 3],
    ["multinews", "news summary", 3],
  ] as const)("have %s by name: %s", async (name, task, count) => {
    const examples = await load(name);
    expect(examples).toHaveLength(count);
    expect(examples.every((example) => example.dataset === name && example.task === task)).toBe(true);
  });

  it("have samsum by name, each dialogue with solved ones", async () => {
    const examples = await load("samsum");
    expect(examples).toHaveLength(8);
    expect(examples.map(({ passages }) => passages.length)).toEqual(Array(8).fill(7));
  });

  it("can all be read as files, and hold what their names say", async () => {
    const files = readdirSync(folder).filter((name) => name.includes("-sample"));
    expect(files).toHaveLength(11);
    for (const file of files) {
      const examples = await load(join(folder, file), { solvedDialogues: 3 });
      const dataset = file.split("-")[0];
      expect(examples.every((example) => example.dataset === dataset)).toBe(true);
      expect(examples.length).toBeGreaterThanOrEqual(2);
    }
  });

  it("give the same dialogues from JSON and CSV", async () => {
    const asked = async (name: string) =>
      (await load(name, { solvedDialogues: 4 })).map(({ dataset_sha256: _, ...example }) => example);
    expect(await asked(join(folder, "samsum-sample.csv"))).toEqual(await asked("samsum"));
  });

  it("are told from the datasets they are named for, wherever they were copied to", async () => {
    const bytes = readFileSync(join(folder, "samsum-sample.json"));
    const dataset_sha256 = createHash("sha256").update(bytes).digest("hex");
    const copy = write("my-dialogues.json", bytes.toString("utf8"));
    for (const name of ["samsum", join(folder, "samsum-sample.json"), copy]) {
      for (const example of await load(name, { samples: 2 }))
        expect(example).toMatchObject({ dataset: "samsum", bundled_examples: 8, dataset_sha256 });
    }
    for (const file of readdirSync(folder).filter((name) => name.includes("-sample"))) {
      const examples = await load(join(folder, file));
      expect(examples.map(datasetName)).toEqual(
        examples.map(({ dataset }) => `${dataset} (bundled sample, ${examples.length})`),
      );
    }
  });

  it("are no file of the user's own, and nothing that is generated", async () => {
    const own = JSON.parse(readFileSync(join(folder, "samsum-sample.json"), "utf8")).slice(1);
    const path = write("own.json", JSON.stringify(own));
    const [example] = await load(path);
    expect(datasetName(example!)).toBe("samsum");
    expect(example).not.toHaveProperty("bundled_examples");
    expect(example!.dataset_sha256).toBe(createHash("sha256").update(readFileSync(path)).digest("hex"));
    for (const name of ["multihop", "needle"]) {
      const [made] = await load(name, { samples: 1 });
      expect(made).not.toHaveProperty("dataset_sha256");
      expect(datasetName(made!)).toBe(name);
    }
  });

  it("hold the evidence for every answer: a two-hop question names neither its answer nor lacks its passages", async () => {
    for (const { input, references, passages } of [...(await load("2wikimqa")), ...(await load("musique"))]) {
      const text = passages.map(({ title, text }) => `${title} ${text}`).join(" ");
      const answer = references[0]!;
      if (answer === "no") continue;
      expect(text).toContain(answer);
      // Of the comparison, the question names both candidates.
      if (!input.includes(" or ")) expect(input).not.toContain(answer);
      expect(passages.length).toBeGreaterThanOrEqual(6);
    }
  });
});

describe("loadDataset", () => {
  it("takes the first examples of a file, or random ones in the file's order", async () => {
    const path = write("forty.json", dialogues);
    expect(ids(await load(path, { samples: 3 }))).toEqual(["d0", "d1", "d2"]);
    const chosen = await load(path, { samples: 10, choose: "random", seed: 1 });
    expect(chosen).toEqual(await load(path, { samples: 10, choose: "random", seed: 1 }));
    expect(ids(chosen)).not.toEqual(ids(await load(path, { samples: 10, choose: "random", seed: 2 })));
    const numbers = ids(chosen).map((id) => Number(id.slice(1)));
    expect(new Set(numbers).size).toBe(10);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });

  it("draws solved dialogues by the seed alone, not by how many examples are asked for", async () => {
    const path = write("forty.json", dialogues);
    const all = await load(path, { seed: 5 });
    expect(await load(path, { seed: 5, samples: 4 })).toEqual(all.slice(0, 4));
    expect(await load(path, { seed: 6 })).not.toEqual(all);
    for (const { input, passages } of all) {
      expect(passages).toHaveLength(8);
      expect(new Set(passages.map(({ text }) => text)).size).toBe(8);
      expect(passages.every(({ text }) => !text.includes(`${input}\n`))).toBe(true);
      expect(passages[0]!.text).toMatch(/^Dialogue: A: number (\d+)\nSummary: A says \1\.$/);
    }
  });

  it("never shows a dialogue its own summary, even where the file has the dialogue twice", async () => {
    const path = write("twice.json", [...dialogues.slice(0, 3), { ...dialogues[0], id: "again" }]);
    const [first] = await load(path, { solvedDialogues: 2 });
    expect(first?.passages.map(({ text }) => text).toSorted()).toEqual([
      "Dialogue: A: number 1\nSummary: A says 1.",
      "Dialogue: A: number 2\nSummary: A says 2.",
    ]);
  });

  it("reports that there are fewer examples, or fewer solved ones, than were asked for", async () => {
    const problems: DatasetProblem[] = [];
    const path = write("three.json", dialogues.slice(0, 3));
    const onProblem = (problem: DatasetProblem) => void problems.push(problem);
    const examples = await load(path, { samples: 9, solvedDialogues: 8, onProblem });
    expect(examples.map(({ passages }) => passages.length)).toEqual([2, 2, 2]);
    expect(problems.map(({ kind, message }) => [kind, message])).toEqual([
      ["few", `${path} has 3 usable examples, fewer than the 9 asked for.`],
      ["few", `${path} has too few dialogues for 8 solved ones each; 2 are drawn.`],
    ]);
  });

  it("sums problems up on stderr where nobody asks for them", async () => {
    const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const lacking = dialogues.slice(0, 4).map((one) => ({ ...one, summary: "" }));
    const path = write("lacking.json", [...lacking, ...dialogues]);
    await loadDataset(path);
    expect(written.mock.calls).toEqual([
      [
        `4 of ${4 + dialogues.length} items left out: ${path}, item 1 has no summary; it is left out. (and 3 more like it)\n`,
      ],
    ]);
    written.mockRestore();
  });

  it("generates multihop examples", async () => {
    const examples = await load("multihop", {
      samples: 4,
      seed: 3,
      multihop: { documents: 2, crossChunk: false },
    });
    expect(ids(examples)).toEqual(["multihop-3-1", "multihop-3-2", "multihop-3-3", "multihop-3-4"]);
    expect(examples.map(({ passages }) => passages.length)).toEqual([4, 4, 4, 4]);
    expect(await load("multihop")).toHaveLength(100);
  });

  it("says what there is when a name is misspelt", async () => {
    await expect(load("2wikimq")).rejects.toThrow(
      "There is no dataset or file 2wikimq. The named datasets are 2wikimqa, musique, hotpotqa, narrativeqa, samsum, multinews, multihop, needle.",
    );
    await expect(load("data/2wikimqa.json")).rejects.toThrow("there is no such file");
  });

  it.each([
    [{ samples: 0 }, "samples must be at least 1; received 0"],
    [{ choose: "last" }, 'choose must be "first" or "random"'],
    [
      { dataset: "squad" },
      "dataset must be one of 2wikimqa, musique, hotpotqa, narrativeqa, samsum, multinews",
    ],
    [{ sample: 1 }, "option sample is not known here"],
  ])("refuses %o", async (options, message) => {
    await expect(load("2wikimqa", options as LoadOptions)).rejects.toThrow(message);
  });
});
