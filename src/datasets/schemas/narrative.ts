import { z } from "zod";
import { answersShape, hasKeys, lineFeeds, type Schema, shaped, usable } from "./schema.js";
import { storyPassages } from "./story.js";

const text = z.union([z.string(), z.object({ text: z.string() }).transform((one) => one.text)]);
const shape = z.object({
  document: z.object({
    id: z.string().nullish(),
    text: z.string().nullish(),
    summary: text.nullish(),
  }),
  question: text,
  answers: z
    .array(text)
    .transform((answers) => answers as unknown)
    .pipe(answersShape),
});

/**
 * NarrativeQA as data hubs have it: a `document` with the story's `text` and its `summary`, a `question` and `answers`. If
 * the text is missing, the question is about the summary, which is the other of its authors' two settings.
 *
 * Source: Kocisky et al. 2018, github.com/google-deepmind/narrativeqa, and the hub's conversion of it.
 */
export const narrative: Schema = {
  name: "NarrativeQA",
  recognises: (item) => hasKeys(item, "document", "question", "answers") && typeof item.document === "object",
  read: (item, number) => {
    const { document, question, answers } = shaped(shape, item);
    const story = document.text?.trim() ? document.text : (document.summary ?? "");
    return usable({
      example_id: `narrativeqa-${number}`,
      dataset: "narrativeqa",
      task: "story question",
      passages: storyPassages(lineFeeds(story)),
      input: question.trim(),
      references: answers,
    });
  },
};
