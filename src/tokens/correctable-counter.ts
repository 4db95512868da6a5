import { CORRECTED_ESTIMATE } from "../domain/records/token-count.js";
import { checkTokens } from "./local-counter.js";
import type { TextUsage, TokenCounter } from "./token-counter.js";

/** A server that counts so many times what we do, or less, counts something else: or it cut the prompt. */
const BELIEVED = { least: 0.5, most: 16 };

/** By how much a tokenizer of the model's name may differ from the server's count before it is not the model's. */
const EXACT_WITHIN = 0.03;

/**
 * A counter on this machine, which may not be the model's: an estimate by characters, or a tokenizer found by a name that
 * a proxy has given to another model. The server's own count of two texts sets it right: their difference is free of the
 * template and the question around them.
 */
export function correctable(base: TokenCounter): TokenCounter {
  let factor: number | null = null;
  let isLearnt = false;
  return {
    get name() {
      return factor === null ? base.name : CORRECTED_ESTIMATE;
    },
    get exact() {
      return factor === null && base.exact;
    },
    get wantsUsage() {
      return !isLearnt;
    },
    async correct(shorter: TextUsage, longer: TextUsage) {
      const [less, more] = [await base.count(shorter.text), await base.count(longer.text)];
      const ratio = (longer.promptTokens - shorter.promptTokens) / (more - less);
      if (!(ratio >= BELIEVED.least && ratio <= BELIEVED.most)) return;
      isLearnt = true;
      if (!base.exact || Math.abs(ratio - 1) > EXACT_WITHIN) factor = ratio;
    },
    async count(text) {
      const count = await base.count(text);
      return factor === null ? count : Math.round(count * factor);
    },
    encode: async (text) => (factor === null ? base.encode(text) : null),
    truncate: async (text, tokens) =>
      base.truncate(text, factor === null ? tokens : Math.floor(checkTokens(tokens) / factor)),
  };
}
