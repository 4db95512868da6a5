import { z } from "zod";
import { answersShape, hasKeys, lineFeeds, type Schema, shaped, usable } from "./schema.js";

const pair = z.object({ source: z.string().nullish(), target: answersShape });
const shape = z.union([
  pair.refine((item) => "source" in item),
  z
    .object({ document: z.string().nullish(), summary: answersShape })
    .transform(({ document, summary }) => ({ source: document, target: summary })),
]);

/**
 * Multi-News: articles with `|||||` between them, and their summary. Its keys are `document` and `summary`, or `source` and
 * `target`; its line-aligned files write a line break as `NEWLINE_CHAR`. XSum looks the same except for its `id`.
 *
 * Source: Fabbri et al. 2019, github.com/Alex-Fabbri/Multi-News.
 */
export const multiNews: Schema = {
  name: "Multi-News",
  recognises: (item) =>
    (hasKeys(item, "source", "target") || hasKeys(item, "document", "summary")) && !("id" in item),
  read: (item, number) => {
    const { source, target } = shaped(shape, item);
    return usable({
      example_id: `multinews-${number}`,
      dataset: "multinews",
      task: "news summary",
      passages: withLineBreaks(source ?? "")
        .split("|||||")
        .map((text) => ({ title: null, text: text.trim() })),
      input: "",
      references: target.map(withLineBreaks),
    });
  },
};

function withLineBreaks(text: string): string {
  return lineFeeds(text).replaceAll(/ ?NEWLINE_CHAR ?/g, "\n");
}
