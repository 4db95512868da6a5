import { z } from "zod";
import { own } from "../../domain/json.js";
import type { Example, Task } from "../../domain/records/example.js";
import { dialogueOf, splitPassages, splitSolvedDialogues } from "./longbench-text.js";
import { answersShape, hasKeys, lineFeeds, type Schema, shaped, usable } from "./schema.js";
import { storyPassages } from "./story.js";

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

/**
 * LongBench's common form: the whole context is one text, which is cut at its passages here. The pieces keep every character,
 * so that LongBench's own prompt can be put together again.
 *
 * @param names our name of a dataset by LongBench's. LongBench-E's names end in `_e`, in its file names and in some of its
 *   items.
 * @param tasks the task of a dataset by our name.
 * Source: Bai et al. 2024, github.com/THUDM/LongBench, README "Data Format".
 */
export const longBench = (names: Names, tasks: Readonly<Record<string, Task>>): Schema => ({
  name: "LongBench",
  recognises: (item) => hasKeys(item, "input", "context", "answers"),
  read: (item, number, told) => {
    const parts = shaped(shape, item);
    const dataset = named(parts.dataset, names) ?? told;
    if (dataset === null)
      throw new Error(`it lacks "dataset", which says what it is; give the option dataset`);
    const task = tasks[dataset]!;
    const example_id = String(parts._id ?? `${dataset}-${number}`);
    return usable({ example_id, dataset, task, references: parts.answers, ...content(task, parts) });
  },
});

type Names = Readonly<Record<string, string>>;

function named(name: string | null | undefined, names: Names): string | null {
  if (name === null || name === undefined) return null;
  const dataset = own(names, name.replace(/_e$/, ""));
  if (dataset !== undefined) return dataset;
  throw new Error(`its "dataset" is ${JSON.stringify(name)}, not one of ${Object.keys(names).join(", ")}`);
}

function content(task: Task, { input, context }: z.infer<typeof shape>): Pick<Example, "passages" | "input"> {
  if (task === "dialogue summary") {
    const passages = splitSolvedDialogues(context).map((text) => ({ title: null, text }));
    return { passages, input: dialogueOf(input) };
  }
  if (task === "story question") return { passages: storyPassages(context), input };
  const texts = splitPassages(context);
  if (task === "news summary") return { passages: texts.map((text) => ({ title: null, text })), input: "" };
  return { passages: texts.map(titled), input };
}

/** The first line of a passage is its title, unless it is its only one. */
function titled(text: string): Example["passages"][number] {
  const end = text.trimEnd().indexOf("\n");
  return end < 0 ? { title: null, text } : { title: text.slice(0, end), text: text.slice(end + 1) };
}
