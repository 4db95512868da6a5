import type { ModelTokenizer } from "../model/model-tokenizer.js";
import type { Candidate, TokenLogprobs } from "./logprobs.js";

/** One token of an answer, or of an echoed prompt, with its log-probabilities as the routes' formats need them. */
export interface ToldToken {
  readonly id: number;
  /** Where its text begins in the answer. */
  readonly textOffset: number;
  /** Null for a prompt's first token, and for one that was not computed. */
  readonly logprobs: TokenLogprobs | null;
}

/** The part of an answer so far: its text, and its tokens if their log-probabilities were requested. */
export interface Told {
  readonly text: string;
  readonly tokens: readonly ToldToken[] | null;
}

/** Writes log-probabilities as OpenAI's routes and vLLM do. */
export class LogprobsFormat {
  readonly #tokenizer: Pick<ModelTokenizer, "decode">;

  constructor(tokenizer: Pick<ModelTokenizer, "decode">) {
    this.#tokenizer = tokenizer;
  }

  /** `choices[0].logprobs` of `/v1/chat/completions`. */
  chat(tokens: readonly ToldToken[]) {
    return {
      content: tokens.flatMap(({ logprobs }) =>
        logprobs === null
          ? []
          : {
              ...this.#named(logprobs),
              top_logprobs: logprobs.top.map((one) => this.#named(one)),
            },
      ),
    };
  }

  /** `choices[0].logprobs` of `/v1/completions`. */
  completion(tokens: readonly ToldToken[]) {
    return {
      text_offset: tokens.map(({ textOffset }) => textOffset),
      tokens: tokens.map(({ id }) => this.#text(id)),
      token_logprobs: tokens.map(({ logprobs }) => logprobs?.logprob ?? null),
      top_logprobs: tokens.map(
        ({ logprobs }) =>
          logprobs &&
          Object.fromEntries(
            [...logprobs.top, logprobs].reverse().map(({ id, logprob }) => [this.#text(id), logprob]),
          ),
      ),
    };
  }

  /** vLLM's `prompt_logprobs`: by id the token's own and the likeliest; null if nothing was computed. */
  prompt(tokens: readonly (TokenLogprobs | null)[]) {
    return tokens.map((token) => {
      if (token === null) return null;
      const ranked = token.top.map((one, index) => ({ ...one, rank: index + 1 }));
      const told = [...ranked.filter(({ id }) => id !== token.id), token];
      return Object.fromEntries(
        told.map(({ id, logprob, rank }) => [id, { logprob, rank, decoded_token: this.#text(id) }]),
      );
    });
  }

  #named({ id, logprob }: Candidate) {
    const token = this.#text(id);
    return { token, logprob, bytes: [...Buffer.from(token)] };
  }

  #text(id: number): string {
    return this.#tokenizer.decode([id]);
  }
}
