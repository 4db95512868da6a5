import { z } from "zod";
import { OptionError } from "../domain/errors/errors.js";
import { checkOptions, MOST_CONTEXT_TOKENS, wholeNumber } from "../domain/errors/options.js";
import { anothersPrompt, fill, namedTexts } from "./pieces.js";
import { LEAST_PIECE_TOKENS, LEAST_PROMPT_TOKENS, NO_NAMES, outputTokens } from "./request-fields.js";
import type { Workload } from "./workload.js";

/** Options for a beginning shared by all prompts: the lengths of both parts, or the share to be hit. */
export interface SharedPrefixOptions {
  /** Tokens of the shared beginning; left out, `hitRatio` decides. */
  readonly sharedTokens?: number;
  /** Tokens after it, which are new in each prompt, from 64; left out, `hitRatio` decides. */
  readonly ownTokens?: number;
  /** Tokens of every prompt, if `hitRatio` is given; otherwise left out. */
  readonly promptTokens?: number;
  /**
   * The share of a prompt that is shared, above 0 and below 1, reached within 2 percentage points; left out if the two
   * lengths are given.
   */
  readonly hitRatio?: number;
  /** Output tokens asked for; default 16. */
  readonly outputTokens?: number;
}

const schema = z.strictObject({
  sharedTokens: wholeNumber(LEAST_PIECE_TOKENS, MOST_CONTEXT_TOKENS).optional(),
  ownTokens: wholeNumber(LEAST_PROMPT_TOKENS, MOST_CONTEXT_TOKENS).optional(),
  promptTokens: wholeNumber(2 * LEAST_PROMPT_TOKENS, MOST_CONTEXT_TOKENS).optional(),
  hitRatio: z
    .number("must be a number above 0 and below 1")
    .gt(0, "must be above 0")
    .lt(1, "must be below 1")
    .optional(),
  outputTokens,
});

/**
 * Prompts with a shared beginning, such as a system prompt, each followed by a text of its own.
 *
 * A given ratio is reached with a beginning of whole blocks of up to 256 tokens if the prompt is long enough, so that caches
 * that work in blocks reach it too; `load.table` says where a server's report differs from it by more than 2 points. The first
 * request of each label finds nothing.
 *
 * @throws OptionError for a wrong option, or for a ratio that leaves one of the parts too short.
 * @example workloads.sharedPrefix({ promptTokens: 2_000, hitRatio: 0.5 }).settings.sharedTokens // 1024
 */
export function sharedPrefix(options: SharedPrefixOptions): Workload {
  const checked = checkOptions(schema, options);
  const { hitRatio, outputTokens } = checked;
  const { sharedTokens, ownTokens } = lengthsOf(checked);
  const settings = { sharedTokens, ownTokens, hitRatio: hitRatio ?? null, outputTokens };
  const named = namedTexts();
  return {
    kind: "shared_prefix",
    settings,
    ...(hitRatio !== undefined && {
      askedHitRatio: { share: hitRatio, sharedTokens, promptTokens: sharedTokens + ownTokens },
    }),
    documents: async () => [],
    async requests(tokens, { texts, count, before, isSent = () => true }) {
      const made = await named(tokens, texts, "shared prefix", sharedTokens);
      const shared = { text: made.text, tokens: await tokens.count(made.text) };
      const requests = [];
      for (let number = before + 1; number <= before + count; number++) {
        const name = `request ${number}`;
        requests.push({
          ...(isSent(number - before - 1)
            ? await fill(texts.fork(name), tokens, shared, sharedTokens + ownTokens)
            : anothersPrompt(shared, [])),
          ...NO_NAMES,
          ...(hitRatio !== undefined && { askedHitRatio: hitRatio }),
          maxTokens: outputTokens,
        });
      }
      return requests;
    },
  };
}

interface Lengths {
  readonly sharedTokens: number;
  readonly ownTokens: number;
}

function lengthsOf({ sharedTokens, ownTokens, promptTokens, hitRatio }: z.infer<typeof schema>): Lengths {
  const byLengths = sharedTokens !== undefined && ownTokens !== undefined;
  const byRatio = promptTokens !== undefined && hitRatio !== undefined;
  const given = [sharedTokens, ownTokens, promptTokens, hitRatio].filter((one) => one !== undefined);
  if (byLengths && given.length === 2) return { sharedTokens, ownTokens };
  if (byRatio && given.length === 2) return splitBy(promptTokens, hitRatio);
  throw new OptionError(
    "options",
    "must have sharedTokens and ownTokens, or promptTokens and hitRatio",
    JSON.stringify({ sharedTokens, ownTokens, promptTokens, hitRatio }),
  );
}

/** Caches work in blocks of these sizes; a beginning of whole blocks is found whole. */
const BLOCKS = [256, 128, 64, 32, 16];
/** How far a hit ratio may be from the one asked for. */
const NEAR = 0.02;
/** What a chat template usually adds before and behind a prompt. */
const TEMPLATE_TOKENS = 24;

function splitBy(promptTokens: number, hitRatio: number): Lengths {
  const wanted = promptTokens * hitRatio;
  // A template is found in part or in whole: it brings the ratio nearer to 0 or to 1.
  const near = NEAR * promptTokens - TEMPLATE_TOKENS * Math.max(hitRatio, 1 - hitRatio);
  const sharedTokens =
    BLOCKS.map((block) => Math.round(wanted / block) * block).find(
      (tokens) => Math.abs(tokens - wanted) <= near,
    ) ?? Math.round(wanted);
  const ownTokens = promptTokens - sharedTokens;
  if (sharedTokens >= LEAST_PIECE_TOKENS && ownTokens >= LEAST_PROMPT_TOKENS)
    return { sharedTokens, ownTokens };
  throw new OptionError(
    "hitRatio",
    `must leave at least ${LEAST_PIECE_TOKENS} shared and ${LEAST_PROMPT_TOKENS} own of ${promptTokens} tokens`,
    hitRatio,
  );
}
