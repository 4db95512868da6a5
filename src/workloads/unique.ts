import { z } from "zod";
import { checkOptions, MOST_CONTEXT_TOKENS, wholeNumber } from "../domain/errors/options.js";
import { anothersPrompt, NOTHING, ownPrompt } from "./pieces.js";
import { LEAST_PROMPT_TOKENS, NO_NAMES, outputTokens } from "./request-fields.js";
import type { Workload } from "./workload.js";

/** Options for prompts that share nothing. */
export interface UniqueOptions {
  /** Tokens of every prompt, from 64. */
  readonly promptTokens: number;
  /** Output tokens asked for; default 16. */
  readonly outputTokens?: number;
}

const schema = z.strictObject({
  promptTokens: wholeNumber(LEAST_PROMPT_TOKENS, MOST_CONTEXT_TOKENS),
  outputTokens,
});

/**
 * Prompts that are all cold: no two share a beginning or a part.
 *
 * @throws OptionError for a wrong option.
 * @example workloads.unique({ promptTokens: 2_000 }).kind // "unique"
 */
export function unique(options: UniqueOptions): Workload {
  const settings = checkOptions(schema, options);
  return {
    kind: "unique",
    settings,
    documents: async () => [],
    async requests(tokens, { texts, count, before, isSent = () => true }) {
      const requests = [];
      for (let number = before + 1; number <= before + count; number++) {
        const name = `request ${number}`;
        requests.push({
          ...(isSent(number - before - 1)
            ? await ownPrompt(texts.fork(name), tokens, settings.promptTokens)
            : anothersPrompt(NOTHING, [])),
          ...NO_NAMES,
          maxTokens: settings.outputTokens,
        });
      }
      return requests;
    },
  };
}
