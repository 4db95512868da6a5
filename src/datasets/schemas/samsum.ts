import { z } from "zod";
import { answersShape, hasKeys, lineFeeds, type Schema, shaped, usable } from "./schema.js";

const shape = z.object({
  id: z.union([z.string(), z.number()]).nullish(),
  dialogue: z.string().nullish(),
  summary: answersShape,
});

/**
 * SAMSum as its authors publish it (JSON) and as data hubs convert it (CSV): a dialogue and its summary. Some line breaks of
 * its dialogues are CRLF; they become LF. DialogSum looks the same except for its `topic`.
 *
 * Its items have no passages: the solved example dialogues are drawn from the other items.
 *
 * Source: Gliwa et al. 2019, arXiv:1911.12237.
 */
export const samsum: Schema = {
  name: "SAMSum",
  recognises: (item) => hasKeys(item, "dialogue", "summary") && !("topic" in item),
  read: (item, number) => {
    const { id, dialogue, summary } = shaped(shape, item);
    return usable({
      example_id: String(id ?? `samsum-${number}`),
      dataset: "samsum",
      task: "dialogue summary",
      passages: [],
      input: lineFeeds(dialogue ?? "").trim(),
      references: summary.map(lineFeeds),
    });
  },
};
