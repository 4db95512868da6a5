import { z } from "zod";
import type { Passage } from "../../domain/records/example.js";
import { answersShape, hasKeys, type Schema, shaped, unwrapped, usable } from "./schema.js";

const sentences = z.array(z.string());
const shape = z.object({
  _id: z.string().optional(),
  id: z.string().optional(),
  question: z.string(),
  answer: answersShape,
  answers: answersShape,
  answer_aliases: answersShape,
  context: z.preprocess(
    unwrapped,
    z.union([
      z.array(z.tuple([z.string(), sentences])),
      z.object({ title: z.array(z.string()), sentences: z.array(sentences) }),
      z.object({ title: z.array(z.string()), content: z.array(sentences) }),
    ]),
  ),
});

/** Reads a question about passages that are lists of sentences under a title, as in 2WikiMultihopQA and HotpotQA. */
export const titledSentences =
  (dataset: string): Schema["read"] =>
  (item, number) => {
    const { _id, id, question, context, answer, answers, answer_aliases } = shaped(shape, item);
    return usable({
      example_id: _id ?? id ?? `${dataset}-${number}`,
      dataset,
      task: "question answering",
      passages: passages(context),
      input: question.trim(),
      references: [...answer, ...answers, ...answer_aliases],
    });
  };

/**
 * 2WikiMultihopQA as its authors publish it (`context` is a list of `[title, sentences]`), and as data hubs convert it
 * (`context` is an object of two columns). HotpotQA looks the same except for its `level`, and has no `evidences`.
 *
 * Source: Ho et al. 2020, github.com/Alab-NII/2wikimultihop, README.
 */
export const twoWiki: Schema = {
  name: "2WikiMultihopQA",
  recognises: (item) =>
    hasKeys(item, "question", "context") &&
    !hasKeys(item, "answers", "input") &&
    (!("level" in item) || "evidences" in item),
  read: titledSentences("2wikimqa"),
};

function passages(context: z.infer<typeof shape>["context"]): Passage[] {
  if (Array.isArray(context)) return context.map(([title, lines]) => passage(title, lines));
  const texts = "sentences" in context ? context.sentences : context.content;
  if (texts.length !== context.title.length) {
    throw new Error(`its "context" has ${context.title.length} titles and ${texts.length} texts`);
  }
  return texts.map((lines, index) => passage(context.title[index]!, lines));
}

function passage(title: string, lines: readonly string[]): Passage {
  return { title: title.trim(), text: lines.map((line) => line.trim()).join(" ") };
}
