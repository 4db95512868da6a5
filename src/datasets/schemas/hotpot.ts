import { hasKeys, type Schema } from "./schema.js";
import { titledSentences } from "./two-wiki.js";

/**
 * HotpotQA as its authors publish it, with ten passages per question (`hotpot_dev_distractor_v1.json`), and as data hubs
 * convert it. It looks like 2WikiMultihopQA except for its `level`, and has no `evidences`.
 *
 * Source: Yang et al. 2018, hotpotqa.github.io, "Data Format".
 */
export const hotpot: Schema = {
  name: "HotpotQA",
  recognises: (item) =>
    hasKeys(item, "question", "context", "level") &&
    !("evidences" in item) &&
    !hasKeys(item, "answers", "input"),
  read: titledSentences("hotpotqa"),
};
