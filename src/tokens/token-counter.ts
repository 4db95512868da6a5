import { OptionError } from "../domain/errors/errors.js";
import { CORRECTED_ESTIMATE } from "../domain/records/token-count.js";
import { countPretokens, encodePretokens, type PretokenTokenizer, truncatePretokens } from "./pretokens.js";

/** Counts the tokens of a text, without the special tokens a chat template adds. */
export interface TokenCounter {
  /** Who counts: `server /tokenize`, a library with its vocabulary, or an estimate, which begins with ≈. */
  readonly name: string;
  readonly exact: boolean;
  /** Whether it may not be the model's counter, with no usage so far to confirm or correct it. */
  readonly wantsUsage: boolean;
  /** Corrects the counter by the server's count of two prompts that differ only in these texts; otherwise does nothing. */
  correct(shorter: TextUsage, longer: TextUsage): Promise<void>;
  count(text: string): Promise<number>;
  /** The ids of a text, without special tokens; null if not available. */
  encode(text: string): Promise<readonly number[] | null>;
  /** A prefix of at most that many tokens; never splits a character. */
  truncate(text: string, tokens: number): Promise<string>;
}

/** A text within a prompt, and the tokens that the server's usage counted in the whole prompt. */
export interface TextUsage {
  readonly text: string;
  readonly promptTokens: number;
}

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

/** The members of a counter that needs no correction. */
export const SURE = { wantsUsage: false, correct: async () => {} } as const;

/** @throws OptionError for anything but a number of tokens. */
export function checkTokens(tokens: number): number {
  if (Number.isSafeInteger(tokens) && tokens >= 0) return tokens;
  throw new OptionError("tokens", "must be a whole number of at least 0", tokens);
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
