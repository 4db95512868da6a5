import { logprobsOf, type TokenLogprobs } from "./logprobs.js";

/** Of every token of a prompt; null where nothing was computed. */
export type PromptLogprobs = readonly (TokenLogprobs | null)[];

/** How many of the likeliest are asked for, of the prompt and of what is generated; null for none at all. */
interface AskedLogprobs {
  readonly prompt: Int32Array;
  readonly promptLogprobs: number | null;
  /** The first token of the prompt that is told. */
  readonly promptLogprobsFrom: number;
  readonly logprobs: number | null;
  readonly echo: string | null;
}

/** Where the log-probabilities of a prompt's tokens are put, if they are asked for: each is told by the place before. */
export function promptLogprobs(asked: AskedLogprobs) {
  const { prompt, promptLogprobs: own, promptLogprobsFrom, echo, logprobs } = asked;
  const echoed = echo === null ? null : logprobs;
  if (own === null && echoed === null) return null;
  const count = Math.max(own ?? 0, echoed ?? 0);
  const tokens = Array.from(prompt, (): TokenLogprobs | null => null);
  return {
    tokens,
    from: Math.max(0, promptLogprobsFrom - 1),
    onLogits: (position: number, logits: Float32Array) => {
      const next = prompt[position + 1];
      // A word model never generates its spare ids, and has no logits for them.
      if (next !== undefined && next < logits.length) tokens[position + 1] = logprobsOf(logits, next, count);
    },
  };
}

/** The same with as many of the likeliest as were asked for; null where they were not. */
export function likeliestOf(tokens: PromptLogprobs | null, count: number | null): PromptLogprobs | null {
  if (tokens === null || count === null) return null;
  return tokens.map((token) => token && { ...token, top: token.top.slice(0, count) });
}
