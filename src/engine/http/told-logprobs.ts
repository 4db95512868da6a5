import type { ModelTokenizer } from "../model/model-tokenizer.js";
import type { Candidate, TokenLogprobs } from "./logprobs.js";

/** One token of an answer with its log-probabilities, as the endpoints' formats need them. */
export interface ToldToken {
  /** Where its text begins in the answer. */
  readonly textOffset: number;
  readonly logprobs: TokenLogprobs;
}

/** Words log-probabilities as OpenAI's endpoints and vLLM do. */
export class LogprobsFormat {
  readonly #tokenizer: Pick<ModelTokenizer, "decode">;

  constructor(tokenizer: Pick<ModelTokenizer, "decode">) {
    this.#tokenizer = tokenizer;
  }

  /** `choices[0].logprobs` of `/v1/chat/completions`. */
  chat(tokens: readonly ToldToken[]) {
    return {
      content: tokens.map(({ logprobs }) => ({
        ...this.#named(logprobs),
        top_logprobs: logprobs.top.map((one) => this.#named(one)),
      })),
    };
  }

  /** `choices[0].logprobs` of `/v1/completions`. */
  completion(tokens: readonly ToldToken[]) {
    return {
      text_offset: tokens.map(({ textOffset }) => textOffset),
      tokens: tokens.map(({ logprobs }) => this.#text(logprobs.id)),
      token_logprobs: tokens.map(({ logprobs }) => logprobs.logprob),
      top_logprobs: tokens.map(({ logprobs }) =>
        Object.fromEntries(
          [...logprobs.top, logprobs].reverse().map(({ id, logprob }) => [this.#text(id), logprob]),
        ),
      ),
    };
  }

  /** vLLM's `prompt_logprobs`: by id the token's own and the likeliest; null where nothing was computed. */
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
