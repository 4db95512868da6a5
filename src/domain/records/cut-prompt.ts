import { type HowCounted, howCounted } from "./token-count.js";

/** The columns of a record that say how long its prompt was: to the client, and to the server. */
export interface PromptCounts {
  readonly label: string | null;
  readonly model: string | null;
  readonly context_tokens: number | null;
  readonly token_counter: string | null;
  readonly prompt_tokens: number | null;
  readonly cached_tokens: number | null;
  /** Of a dataset's example: its question is its own, and as long as it is. */
  readonly example_id?: string;
}

/** Tokens that may be missing at the seams between a context and what stands around it. */
const SEAM_TOKENS = 16;

/**
 * The least share of `context_tokens` that a whole prompt has, by how they were counted.
 *
 * Exact: all of them, for the question and the template come on top. Corrected: texts of one kind differ by a few per
 * cent. Four characters a token is at most as wrong as English in the largest vocabularies, with six to a token; where
 * the counter is not known, it may have been that.
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
 * Ollama does beyond `num_ctx`. Such a request did not have the context that its record names.
 *
 * @example promptIsShort({ context_tokens: 8_000, prompt_tokens: 4_096, token_counter: "server /tokenize", … }) // true
 */
export function promptIsShort(row: Omit<PromptCounts, "label" | "model">): boolean {
  const { context_tokens, token_counter } = row;
  const sent = promptTokens(row);
  if (context_tokens === null || sent === null) return false;
  return sent < LEAST_SHARE[howCounted(token_counter)] * context_tokens - SEAM_TOKENS;
}

/** Tells the rows whose prompts were cut; made of all rows that stand together, for they show a server's limit. */
export type IsCut = (row: PromptCounts) => boolean;

/** What rows show of their servers' limits, row by row. */
export interface PromptLimits {
  add(row: PromptCounts): void;
  /** Whether any limit has shown so far. */
  readonly found: boolean;
  /** By all rows so far. */
  readonly isCut: IsCut;
}

/**
 * The rule on cut prompts, for rows read together: a prompt shorter than its context, and every prompt of exactly as
 * many tokens at the same label and model as one that was cut, or as one of a context clearly longer or shorter. Where
 * `prompt_tokens` stand still while contexts grow, they are the server's limit; that is not said of examples, whose questions
 * differ.
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
      // Two examples may have equally long prompts of a long context and a short question, and the other way round.
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

/** {@link promptLimits} of rows that are all there. */
export function cutPrompts(rows: readonly PromptCounts[]): IsCut {
  const limits = promptLimits();
  for (const row of rows) limits.add(row);
  return limits.found ? limits.isCut : () => false;
}

const keyOf = (row: PromptCounts): string =>
  `${row.label}\n${row.model}\n${row.token_counter}\n${promptTokens(row)}`;

/** The server's count of the whole prompt; some leave out of it what they took from a cache. */
function promptTokens({
  prompt_tokens,
  cached_tokens,
}: Pick<PromptCounts, "prompt_tokens" | "cached_tokens">): number | null {
  // Rows that a notebook made may lack the key.
  if (typeof prompt_tokens !== "number") return null;
  return cached_tokens !== null && cached_tokens > prompt_tokens
    ? prompt_tokens + cached_tokens
    : prompt_tokens;
}
