import type { ContextRefusal } from "../../client/server/facts.js";
import type { Server } from "../../client/server.js";
import { OptionError } from "../../domain/errors/errors.js";
import { smallest } from "../../domain/extremes.js";
import { type ChunkedPrompt, wholePrompt } from "../../domain/records/chunked-prompt.js";
import type { PromptFormat } from "../../domain/records/words.js";
import { type CutBy, type FittedPrompt, fitPrompt } from "../../prompts/fit-prompt.js";

/** What to do with a prompt longer than the model's context. */
export const TOO_LONG = ["cut", "skip"] as const;

export type TooLong = (typeof TOO_LONG)[number];

/** A prompt to ask, or the reason its example is left out. */
export type Fitted = FittedPrompt | { readonly leftOut: string };

/** Fits prompts to the smallest context among the servers, as reported or as shown by their refusals. */
export interface ContextFit {
  /** The smallest limit known so far, prompt and answer together; null if none is known. */
  readonly limitTokens: number | null;
  fit(prompt: ChunkedPrompt, maxTokens: number): Promise<Fitted>;
  /** Learns from a refusal; false if that can't make the prompt shorter. */
  learn(refusal: ContextRefusal, prompt: ChunkedPrompt, maxTokens: number): Promise<boolean>;
}

/** Room for special tokens, and for seams that are tokenised differently. */
const MARGIN_TOKENS = 16;
/** The same, with a template whose length is not known. */
const TEMPLATE_TOKENS = 64;
/** Room for a line that makes each prompt differ from all others. */
const FIRST_LINE_TOKENS = 24;
/** How much longer than counted a prompt is assumed to be after a refusal without a number. */
const WIDER = 1.1;

/**
 * Learns the servers' limits and fits prompts to them, so that every method gets the same prompt.
 *
 * @throws OptionError if answers of `mostTokens` leave no room for any prompt.
 */
export async function contextFit(
  servers: readonly Server[],
  {
    format,
    by,
    tooLong,
    mostTokens,
    hasFirstLine = false,
  }: {
    readonly format: PromptFormat;
    readonly by: CutBy;
    readonly tooLong: TooLong;
    readonly mostTokens: number;
    /** Every prompt gets a line of its own before its first word. */
    readonly hasFirstLine?: boolean;
  },
): Promise<ContextFit> {
  const told = servers.flatMap(({ contextLimit }) => contextLimit?.tokens ?? []);
  const { tokens } = servers.find((server) => server.tokens.exact) ?? servers[0]!;
  const beside =
    MARGIN_TOKENS + (hasFirstLine ? FIRST_LINE_TOKENS : 0) + (await templateTokens(servers, format));
  let limitTokens = told.length === 0 ? null : smallest(told);
  // Prompt tokens by the server's count for each of ours.
  let scale = 1;
  const roomFor = (limit: number, maxTokens: number) => Math.floor((limit - maxTokens) / scale) - beside;
  if (limitTokens !== null && roomFor(limitTokens, mostTokens) < 1) {
    throw new OptionError(
      "maxTokens",
      `must leave room for a prompt in a context of ${limitTokens} tokens`,
      mostTokens,
    );
  }
  return {
    get limitTokens() {
      return limitTokens;
    },
    async fit(prompt, maxTokens) {
      if (limitTokens === null) return { prompt, cutTokens: 0 };
      const room = roomFor(limitTokens, maxTokens);
      const limit = `the context of ${limitTokens} tokens, which must also hold ${maxTokens} output tokens`;
      if (tooLong === "skip") {
        const whole = await tokens.count(wholePrompt(prompt));
        if (whole <= room) return { prompt, cutTokens: 0 };
        return { leftOut: `its prompt of ${whole} tokens is too long for ${limit}` };
      }
      const fitted = await fitPrompt(prompt, tokens, room, by);
      return fitted ?? { leftOut: `its question and instruction alone are too long for ${limit}` };
    },
    async learn(refusal, prompt, maxTokens) {
      if (refusal.limitTokens !== null && refusal.limitTokens > maxTokens) {
        limitTokens = Math.min(refusal.limitTokens, limitTokens ?? refusal.limitTokens);
      }
      if (limitTokens === null) return false;
      const counted = (await tokens.count(wholePrompt(prompt))) + beside;
      if (refusal.promptTokens !== null) scale = Math.max(scale, refusal.promptTokens / counted);
      // By our count it was short enough, and yet it was refused.
      if (counted - beside <= roomFor(limitTokens, maxTokens)) scale *= WIDER;
      return true;
    },
  };
}

/** The tokens of the longest template; none for bare prompts. */
async function templateTokens(servers: readonly Server[], format: PromptFormat): Promise<number> {
  if (format !== "chat") return 0;
  let most = 0;
  for (const server of new Set(servers)) {
    const template = await server.chatTemplate();
    most = Math.max(
      most,
      template === null ? TEMPLATE_TOKENS : await server.tokens.count(template.head + template.tail),
    );
  }
  return most;
}
