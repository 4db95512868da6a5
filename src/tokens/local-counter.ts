import { OptionError } from "../domain/errors/errors.js";
import { countPretokens, encodePretokens, type PretokenTokenizer, truncatePretokens } from "./pretokens.js";
import type { TokenCounter } from "./token-counter.js";

/** A counter whose tokenizer is on this machine; it is loaded at the first use. */
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

/** What a counter has that nothing needs to set right. */
export const SURE = { wantsUsage: false, correct: async () => {} } as const;

/** @throws OptionError for what is no number of tokens. */
export function checkTokens(tokens: number): number {
  if (Number.isSafeInteger(tokens) && tokens >= 0) return tokens;
  throw new OptionError("tokens", "must be a whole number from 0 up", tokens);
}
