import {
  CORRECTED_ESTIMATE,
  checkTokens,
  SURE,
  type TextUsage,
  type TokenCounter,
} from "../domain/records/token-count.js";
import { countPretokens, encodePretokens, type PretokenTokenizer, truncatePretokens } from "./pretokens.js";

/** A counter whose tokenizer is on this machine and is loaded at the first use. */
export function localCounter(name: string, load: () => Promise<PretokenTokenizer>): TokenCounter {
  let loading: Promise<PretokenTokenizer> | undefined;
  const loaded = (): Promise<PretokenTokenizer> => {
    loading ??= load();
    return loading;
  };
  return {
    name,
    exact: true,
    ...SURE,
    count: async (text) => countPretokens(await loaded(), text),
    encode: async (text) => encodePretokens(await loaded(), text),
    truncate: async (text, tokens) => truncatePretokens(await loaded(), text, checkTokens(tokens)),
  };
}

/** If a server's count differs from ours by more than this factor, it counts something else, or it cut the prompt. */
const BELIEVED = { least: 0.5, most: 16 };

/** How much the count of a tokenizer chosen by the model's name may differ from the server's before it is not the model's. */
const EXACT_WITHIN = 0.03;

/**
 * A counter on this machine that may not be the model's: an estimate by characters, or a tokenizer found by a name that a
 * proxy may use for another model. The server's own count of two texts corrects it: their difference does not include the
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
