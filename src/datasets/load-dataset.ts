import { existsSync } from "node:fs";
import { z } from "zod";
import { checkOptions } from "../domain/errors/options.js";
import { smallest } from "../domain/extremes.js";
import type { Example } from "../domain/records/example.js";
import { type Random, random } from "../stats/random.js";
import { fileDigest, isBundledSample, samplePath } from "./bundled-samples.js";
import {
  DATASET_NAMES,
  MADE_DATASETS,
  MADE_NAMES,
  type MadeName,
  type MadeShapes,
  PUBLISHED_DATASETS,
  PUBLISHED_NAMES,
  type PublishedName,
} from "./datasets.js";
import { DatasetError, type DatasetProblem, warn } from "./files/dataset-problem.js";
import { withSolvedDialogues } from "./made/solved-dialogues.js";
import { type DatasetReading, readDataset } from "./read-dataset.js";

export interface LoadOptions extends MadeShapes {
  /** Maximum number of examples; by default all of a file, and 100 generated ones. */
  readonly samples?: number;
  /** Which ones: the `first` of the file (the default), or `random` ones, in the file's order. */
  readonly choose?: "first" | "random";
  /** Seed for random choices and generated examples; by default 0. */
  readonly seed?: number | string;
  /** Solved examples for each dialogue of a file without any; by default 8, or as many as there are. */
  readonly solvedDialogues?: number;
  /** Which dataset the file contains, if its form does not say so; left out, the form decides. */
  readonly dataset?: PublishedName;
  /** Called with the number of items in the file, and how many of them are left out. */
  readonly onReading?: (reading: Omit<DatasetReading, "examples">) => void;
  /** Called with everything noteworthy; by default a summary goes to standard error. */
  readonly onProblem?: (problem: DatasetProblem) => void;
}

const object = z.custom<object>((value) => typeof value === "object", "must be an object").optional();
const shapes = Object.fromEntries(MADE_NAMES.map((name) => [name, object])) as Record<
  MadeName,
  typeof object
>;
const OPTIONS = z.strictObject({
  samples: z.int("must be a whole number").min(1, "must be at least 1").optional(),
  choose: z.enum(["first", "random"], 'must be "first" or "random"').default("first"),
  seed: z.union([z.number(), z.string()], "must be a number or a string").default(0),
  solvedDialogues: z.int("must be a whole number").min(0, "must be at least 0").optional(),
  dataset: z.enum(PUBLISHED_NAMES, `must be one of ${PUBLISHED_NAMES.join(", ")}`).optional(),
  ...shapes,
  onReading: z
    .custom<NonNullable<LoadOptions["onReading"]>>(
      (value) => typeof value === "function",
      "must be a function",
    )
    .optional(),
  onProblem: z
    .custom<(problem: DatasetProblem) => void>((value) => typeof value === "function", "must be a function")
    .optional(),
});

/**
 * Loads a dataset: a file of yours, the bundled sample of a dataset's name, or generated `multihop` or `needle` examples.
 *
 * @param nameOrPath a dataset with a bundled sample, such as `2wikimqa`, or a generated one, `multihop` or `needle`; or a
 *   file: JSON, JSONL or CSV, gzipped or not, in the form the dataset's authors, LongBench or CacheBlend publish it.
 * @throws `datasets.DatasetError` for a file that can't be read or has no known form, with the item at fault; OptionError for
 * a wrong option.
 * @example (await datasets.load("2wikimqa", { samples: 2 })).length // 2
 */
export async function loadDataset(
  nameOrPath: string,
  options: LoadOptions = {},
): Promise<readonly Example[]> {
  const checked = checkOptions(OPTIONS, options);
  const { samples, seed, solvedDialogues } = checked;
  if (Object.hasOwn(MADE_DATASETS, nameOrPath))
    return MADE_DATASETS[nameOrPath as MadeName].make(samples ?? 100, seed, options);

  const problems: DatasetProblem[] = [];
  const report = checked.onProblem ?? ((problem: DatasetProblem) => void problems.push(problem));
  const path = pathOf(nameOrPath);
  const source = random(seed);
  const { examples: read, items, leftOut } = await readDataset(path, checked.dataset ?? null, report);
  checked.onReading?.({ items, leftOut });
  const sha256 = fileDigest(path);
  const from = {
    dataset_sha256: sha256,
    ...(isBundledSample(sha256) && { bundled_examples: read.length }),
  };
  const examples = withSolvedDialogues(read, solvedDialogues ?? 8, source).map((example) => ({
    ...example,
    ...from,
  }));
  const few = (message: string): void => report({ path, item: null, kind: "few", message });
  if (samples !== undefined && samples > read.length) {
    few(`${path} has ${read.length} usable examples, fewer than the ${samples} asked for.`);
  }
  const bare = read.flatMap(({ passages }, index) => (passages.length === 0 ? [examples[index]!] : []));
  const drawn = smallest(bare.map(({ passages }) => passages.length));
  if (solvedDialogues !== undefined && drawn < solvedDialogues) {
    few(`${path} has too few dialogues for ${solvedDialogues} solved ones each; ${drawn} are drawn.`);
  }
  warn(problems, items);
  return choose(examples, samples ?? examples.length, checked.choose, source);
}

function pathOf(nameOrPath: string): string {
  if (Object.hasOwn(PUBLISHED_DATASETS, nameOrPath)) {
    const { sample } = PUBLISHED_DATASETS[nameOrPath as PublishedName];
    return samplePath(sample);
  }
  if (/^[\w-]+$/.test(nameOrPath) && !existsSync(nameOrPath)) {
    const message = `There is no dataset or file ${nameOrPath}. The named datasets are ${DATASET_NAMES.join(", ")}.`;
    throw new DatasetError(message, { path: nameOrPath });
  }
  return nameOrPath;
}

function choose(
  examples: readonly Example[],
  count: number,
  which: "first" | "random",
  source: Random,
): Example[] {
  if (which === "first") return examples.slice(0, count);
  const chosen = source
    .fork("samples")
    .shuffle([...examples.keys()])
    .slice(0, count);
  return chosen.sort((a, b) => a - b).map((index) => examples[index]!);
}
