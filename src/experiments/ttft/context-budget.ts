import { OptionError } from "../../domain/errors/errors.js";

/** Below this, a context that was asked for is taken as it is when the server does not tell its limit. */
const SMALL_CONTEXT_TOKENS = 4_096;

/**
 * How many tokens a context may have: what was asked for, and `marginTokens` below the model's limit.
 *
 * Where the server does not tell a limit, `maxTokens` is taken for it when it is above 4,096; a smaller one is
 * surely meant as the context's own length.
 *
 * @throws OptionError when the limit leaves no room beside the margin.
 * @example contextBudget({ maxTokens: 131_072, limit: 32_768, marginTokens: 2_048 }) // 30720
 */
export function contextBudget(asked: {
  readonly maxTokens: number;
  readonly limit: number | null;
  readonly marginTokens: number;
}): number {
  const { maxTokens, limit, marginTokens } = asked;
  if (limit === null) return maxTokens > SMALL_CONTEXT_TOKENS ? maxTokens - marginTokens : maxTokens;
  if (limit <= marginTokens) {
    throw new OptionError(
      "safety_margin",
      `must be below the model's limit of ${limit} tokens, or no context fits beside it`,
      marginTokens,
    );
  }
  return Math.min(maxTokens, limit - marginTokens);
}
