import { z } from "zod";
import { answersShape, hasKeys, type Schema, shaped, usable } from "./schema.js";

const shape = z.object({
  id: z.union([z.string(), z.number()]).nullish(),
  question: z.string(),
  paragraphs: z.array(z.object({ title: z.string(), paragraph_text: z.string() })),
  answer: answersShape,
  answers: answersShape,
  answer_aliases: answersShape,
  answerable: z
    .boolean()
    .nullish()
    .transform((value) => value ?? true),
});

/**
 * MuSiQue as its authors publish it: JSONL with 20 paragraphs per item. The unanswerable half of MuSiQue-Full can't be scored
 * and is left out.
 *
 * Source: Trivedi et al. 2022, github.com/StonyBrookNLP/musique.
 */
export const musique: Schema = {
  name: "MuSiQue",
  recognises: (item) => hasKeys(item, "question", "paragraphs"),
  read: (item, number) => {
    const { id, question, paragraphs, answer, answers, answer_aliases, answerable } = shaped(shape, item);
    if (!answerable) return { unusable: "is marked as unanswerable" };
    return usable({
      example_id: String(id ?? `musique-${number}`),
      dataset: "musique",
      task: "question answering",
      passages: paragraphs.map(({ title, paragraph_text }) => ({
        title: title.trim(),
        text: paragraph_text.trim(),
      })),
      input: question.trim(),
      references: [...answer, ...answers, ...answer_aliases],
    });
  },
};
