import { z } from "zod";
import { own } from "../../domain/own.js";
import type { DatasetName, Example } from "../../domain/records/example.js";
import { dialogueOf, splitPassages, splitSolvedDialogues } from "./longbench-text.js";
import { answersShape, hasKeys, lineFeeds, type Schema, shaped, usable } from "./schema.js";

const shape = z.object({
  _id: z.union([z.string(), z.number()]).nullish(),
  input: z
    .string()
    .nullish()
    .transform((text) => lineFeeds(text ?? "")),
  context: z.string().transform(lineFeeds),
  answers: answersShape,
  dataset: z.string().nullish(),
});

/** LongBench's names; LongBench-E's are the same with `_e` behind them, in its file names and here and there in its items. */
const DATASETS: Readonly<Record<string, DatasetName>> = {
  "2wikimqa": "2wikimqa",
  musique: "musique",
  samsum: "samsum",
  multi_news: "multinews",
};

/**
 * LongBench's common form: the whole context is one text, which is cut at its passages here. The cut pieces keep
 * every character, so that LongBench's own prompt can be put together again.
 *
 * Source: Bai et al. 2024, github.com/THUDM/LongBench, README "Data Format".
 */
export const longBench: Schema = {
  name: "LongBench",
  recognises: (item) => hasKeys(item, "input", "context", "answers"),
  read: (item, number, told) => {
    const parts = shaped(shape, item);
    const dataset = named(parts.dataset) ?? told;
    if (dataset === null)
      throw new Error(`it lacks "dataset", which says what it is; give the option dataset`);
    const example_id = String(parts._id ?? `${dataset}-${number}`);
    return usable({ example_id, dataset, references: parts.answers, ...content(dataset, parts) });
  },
};

function named(name: string | null | undefined): DatasetName | null {
  if (name === null || name === undefined) return null;
  const dataset = own(DATASETS, name.replace(/_e$/, ""));
  if (dataset !== undefined) return dataset;
  throw new Error(`its "dataset" is ${JSON.stringify(name)}, not one of ${Object.keys(DATASETS).join(", ")}`);
}

function content(
  dataset: DatasetName,
  { input, context }: z.infer<typeof shape>,
): Pick<Example, "task" | "passages" | "input"> {
  if (dataset === "samsum") {
    const passages = splitSolvedDialogues(context).map((text) => ({ title: null, text }));
    return { task: "dialogue summary", passages, input: dialogueOf(input) };
  }
  const texts = splitPassages(context);
  if (dataset === "multinews") {
    return { task: "news summary", passages: texts.map((text) => ({ title: null, text })), input: "" };
  }
  return { task: "question answering", passages: texts.map(titled), input };
}

/** The first line of a passage is its title, unless it is its only one. */
function titled(text: string): Example["passages"][number] {
  const end = text.trimEnd().indexOf("\n");
  return end < 0 ? { title: null, text } : { title: text.slice(0, end), text: text.slice(end + 1) };
}
