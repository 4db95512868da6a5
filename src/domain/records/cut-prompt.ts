import { type HowCounted, howCounted } from "./token-count.js";

/** The columns of a record with the length of its prompt, by the client and by the server. */
export interface PromptCounts {
  readonly label: string | null;
  readonly model: string | null;
  readonly context_tokens: number | null;
  readonly token_counter: string | null;
  readonly prompt_tokens: number | null;
  readonly cached_tokens: number | null;
  /** Set for a dataset's example, whose question has a length of its own. */
  readonly example_id?: string;
}

/** Tokens that may be missing at the seams between a context and its surroundings. */
const SEAM_TOKENS = 16;

/**
 * The smallest share of `context_tokens` that an uncut prompt has, by how they were counted.
 *
 * Exact: all of them, because the question and the template are added to them. Corrected: texts of one kind differ by a few
 * per cent. Four characters per token is at worst as wrong as for English in the largest vocabularies, with six per token; an
 * unknown counter may have been this one.
 */
const LEAST_SHARE: Readonly<Record<HowCounted, number>> = {
  exact: 1,
  corrected: 0.92,
  estimated: 0.62,
  unknown: 0.62,
};

/** Two contexts of equal `prompt_tokens` whose lengths differ by more than counting explains, by how they were counted. */
const GROWTH: Readonly<Record<HowCounted, number>> = {
  exact: 1.05,
  corrected: 1.2,
  estimated: 1.5,
  unknown: 1.5,
};

/**
 * Whether the server counted fewer prompt tokens than the context alone has: it cut the prompt and answered with 200, as
 * Ollama does beyond `num_ctx`. Such a request did not have the context stated in its record.
 *
 * @example promptIsShort({ context_tokens: 8_000, prompt_tokens: 4_096, token_counter: "server /tokenize", … }) // true
 */
export function promptIsShort(row: Omit<PromptCounts, "label" | "model">): boolean {
  const { context_tokens, token_counter } = row;
  const sent = promptTokens(row);
  if (context_tokens === null || sent === null) return false;
  return sent < LEAST_SHARE[howCounted(token_counter)] * context_tokens - SEAM_TOKENS;
}

/** Recognises rows whose prompts were cut; made from all rows of a table, because together they show a server's limit. */
export type IsCut = (row: PromptCounts) => boolean;

/** A request of a load as the rule on cut prompts reads it: only an example of a dataset has a question of its own length. */
export const loadPrompt = ({
  label,
  model,
  context_tokens,
  token_counter,
  prompt_tokens,
  cached_tokens,
  example_id,
}: Omit<PromptCounts, "example_id"> & { readonly example_id?: string | null }): PromptCounts => ({
  ...{ label, model, context_tokens, token_counter, prompt_tokens, cached_tokens },
  ...(example_id != null && { example_id }),
});

/** What rows show about their servers' limits, row by row. */
export interface PromptLimits {
  add(row: PromptCounts): void;
  /** Whether any limit is known so far. */
  readonly found: boolean;
  /** Judged by all rows so far. */
  readonly isCut: IsCut;
}

/**
 * The rule for cut prompts, for rows read together: a prompt shorter than its context; and every prompt with exactly as many
 * tokens, under the same label and model, as one that was cut, or as one with a clearly longer or shorter context. If
 * `prompt_tokens` stay the same while contexts grow, they are the server's limit; this does not apply to examples, whose
 * questions differ.
 */
export function promptLimits(): PromptLimits {
  const limits = new Set<string>();
  const spans = new Map<string, { least: number; most: number }>();
  return {
    add(row) {
      const { context_tokens: context, token_counter } = row;
      if (context === null || promptTokens(row) === null) return;
      const key = keyOf(row);
      if (promptIsShort(row)) limits.add(key);
      // Two examples may have equally long prompts, one with a long context and a short question, the other the other way
      // round.
      if (row.example_id !== undefined) return;
      const span = spans.get(key) ?? { least: context, most: context };
      spans.set(key, span);
      span.least = Math.min(span.least, context);
      span.most = Math.max(span.most, context);
      if (span.most > GROWTH[howCounted(token_counter)] * span.least + SEAM_TOKENS) limits.add(key);
    },
    get found() {
      return limits.size > 0;
    },
    isCut: (row) => promptTokens(row) !== null && limits.has(keyOf(row)),
  };
}

/** {@link promptLimits} for rows that are all available. */
export function cutPrompts(rows: readonly PromptCounts[]): IsCut {
  const limits = promptLimits();
  for (const row of rows) limits.add(row);
  return limits.found ? limits.isCut : () => false;
}

const keyOf = (row: PromptCounts): string =>
  `${row.label}\n${row.model}\n${row.token_counter}\n${promptTokens(row)}`;

/** The server's count of the whole prompt; some servers exclude tokens from a cache. */
function promptTokens({
  prompt_tokens,
  cached_tokens,
}: Pick<PromptCounts, "prompt_tokens" | "cached_tokens">): number | null {
  // Rows made in a notebook may lack the key.
  if (typeof prompt_tokens !== "number") return null;
  return cached_tokens !== null && cached_tokens > prompt_tokens
    ? prompt_tokens + cached_tokens
    : prompt_tokens;
}
