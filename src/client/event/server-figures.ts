import { isObject, type JsonObject, own, setOwn } from "../../domain/json.js";
import { toldLine } from "../../domain/plain-text.js";
import { tokensOfTiers } from "./cache-tiers.js";
import { tokenCount } from "./told-count.js";

/** The tokens of a request by the server's count, and where it reports them; `null` for what it does not report. */
export interface TokenReport {
  readonly prompt_tokens: number | null;
  readonly output_tokens: number | null;
  /** How many prompt tokens came from a cache. */
  readonly cached_tokens: number | null;
  /** The field that says so. */
  readonly cached_tokens_source: string | null;
  /** Why a reported number is not believed. */
  readonly doubt: string | null;
}

/**
 * The reports of usage in a chunk: SGLang's of its cache's tiers (`return_cached_tokens_details`), Groq's, Moonshot's in a choice,
 * and OpenAI's own, which has the last word.
 */
export function usageReports(chunk: JsonObject, choices: readonly JsonObject[]): readonly JsonObject[] {
  const groq = isObject(chunk.x_groq) ? chunk.x_groq.usage : undefined;
  const tiers = isObject(chunk.sglext) ? chunk.sglext.cached_tokens_details : undefined;
  const sglang = isObject(tiers) ? { cached_tokens_details: tiers } : undefined;
  const places = [sglang, groq, ...choices.map(({ usage }) => usage), chunk.usage];
  return places.filter(isObject);
}

/** More than any report of usage has; anything larger is not one. */
const MOST_DEPTH = 4;
const MOST_FIELDS = 200;

/**
 * Merges two successive reports: parts are combined, and neither zero nor null replaces a number reported before.
 *
 * @example mergeUsage({ prompt_tokens: 900 }, { prompt_tokens: 0, completion_tokens: 2 }) // { prompt_tokens: 900, completion_tokens: 2 }
 */
export function mergeUsage(earlier: JsonObject | null, later: JsonObject, depth = MOST_DEPTH): JsonObject {
  // Most servers report once: the report of a known event is the same object in every stream then.
  if (earlier === null && Object.keys(later).length <= MOST_FIELDS) return later;
  const merged: Record<string, unknown> = { ...earlier };
  let fields = Object.keys(merged).length;
  for (const [key, value] of Object.entries(later)) {
    if (!Object.hasOwn(merged, key) && ++fields > MOST_FIELDS) continue;
    const known = own(merged, key);
    if (depth > 0 && isObject(known) && isObject(value))
      setOwn(merged, key, mergeUsage(known, value, depth - 1));
    else if (weight(value) >= weight(known)) setOwn(merged, key, value);
  }
  return merged;
}

/** How much information a value contains: none; zero, or a time; several of them; a count. */
function weight(value: unknown): 0 | 1 | 2 | 3 {
  if (typeof value !== "number") return isObject(value) ? 2 : 0;
  if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) return 0;
  return value > 0 && Number.isInteger(value) ? 3 : 1;
}

/** Where servers report how many tokens they took from a cache. */
const CACHED_FIELDS: readonly (readonly [path: readonly string[], where: string])[] = [
  ["prompt_tokens_details", "cached_tokens"],
  ["input_tokens_details", "cached_tokens"],
  // Moonshot and Together; DeepSeek; Anthropic through gateways; Mistral.
  ["cached_tokens"],
  ["prompt_cache_hit_tokens"],
  ["cache_read_input_tokens"],
  ["num_cached_tokens"],
].map((path) => [path, `usage.${path.join(".")}`]);

/** A token has at least one byte; besides the request's own, a server may add text, such as a system prompt. */
const MOST_ADDED = 100_000;

/**
 * Reads a request's tokens from its merged usage, and llama.cpp's `timings`.
 *
 * A server that reports nothing may have taken any number from its cache, so a missing value is not 0. Neither are the zeros
 * of a report that was never filled in, recognisable by its missing prompt.
 *
 * @param sentBytes size of the request, head and body.
 * @example readTokens({ prompt_tokens: 900, prompt_cache_hit_tokens: 768 }, null, true).cached_tokens // 768
 */
export function readTokens(
  usage: JsonObject | null,
  timings: JsonObject | null,
  hasToken: boolean,
  sentBytes = Number.POSITIVE_INFINITY,
): TokenReport {
  if (usage === null && timings === null) return NO_TOKENS;
  const untrue = untrueCount(usage, timings) ?? tooManyFor(sentBytes, usage, timings);
  if (untrue !== null) {
    const output_tokens = hasToken ? tokenCount(usage?.completion_tokens) || null : null;
    return {
      ...NO_TOKENS,
      output_tokens,
      doubt: `The server reports ${untrue}: its counts are ignored.`,
    };
  }
  const prompt_tokens = promptTokens(usage);
  const isUnfilled =
    prompt_tokens === null && usage !== null && isZero(usage.prompt_tokens ?? usage.input_tokens);
  const output = tokenCount(usage?.completion_tokens) ?? tokenCount(usage?.output_tokens);
  const cached = cachedTokens(usage, timings, isUnfilled);
  const isTooMany = cached.tokens !== null && prompt_tokens !== null && cached.tokens > prompt_tokens;
  return {
    prompt_tokens: isTooMany ? null : prompt_tokens,
    output_tokens: output === 0 && (isUnfilled || hasToken) ? null : output,
    cached_tokens: isTooMany ? null : cached.tokens,
    cached_tokens_source: isTooMany ? null : cached.where,
    doubt: isTooMany
      ? `The server reports ${cached.tokens} cached tokens of a prompt of ${prompt_tokens} (${cached.where}): both are ignored.`
      : null,
  };
}

/**
 * How many tokens came from a cache, and where that is reported: the first place with some, or else the first at all. In a
 * report that was never filled in, zeros of usage don't count.
 */
function cachedTokens(usage: JsonObject | null, timings: JsonObject | null, isUnfilled: boolean) {
  let none: { readonly tokens: number | null; readonly where: string | null } = NOTHING_CACHED;
  const takes = (tokens: number | null, where: string): boolean => {
    if (tokens === 0 && none.tokens === null) none = { tokens, where };
    return tokens !== null && tokens > 0;
  };
  for (const [path, where] of CACHED_FIELDS) {
    const tokens = tokenCount(at(usage, path));
    if (!(isUnfilled && tokens === 0) && takes(tokens, where)) return { tokens, where };
  }
  const ofTimings = tokenCount(timings?.cache_n);
  if (takes(ofTimings, "timings.cache_n")) return { tokens: ofTimings, where: "timings.cache_n" };
  const ofTiers = tokensOfTiers(usage);
  const whereTiers = "sglext.cached_tokens_details";
  return takes(ofTiers, whereTiers) ? { tokens: ofTiers, where: whereTiers } : none;
}

/**
 * The tokens of an answer's content: all of them, minus reasoning tokens if usage includes them (xAI counts them separately);
 * null if reasoning came but its tokens are not reported, or if a tool call or another choice shares the count.
 *
 * @example contentTokens(300, { completion_tokens_details: { reasoning_tokens: 280 } }, { hasReasoning: true, hasBeside: false }) // 20
 */
export function contentTokens(
  outputTokens: number | null,
  usage: JsonObject | null,
  { hasReasoning, hasBeside }: { readonly hasReasoning: boolean; readonly hasBeside: boolean },
): number | null {
  if (hasBeside) return null;
  const told = REASONING_FIELDS.find((path) => (tokenCount(at(usage, path)) ?? 0) > 0);
  const reasoning = told === undefined ? 0 : (tokenCount(at(usage, told)) ?? 0);
  if (outputTokens === null || (hasReasoning && reasoning === 0)) return null;
  const prompt = tokenCount(usage?.prompt_tokens) ?? 0;
  const isBeside = reasoning > 0 && usage?.total_tokens === prompt + outputTokens + reasoning;
  return isBeside ? outputTokens : Math.max(0, outputTokens - reasoning);
}

const REASONING_FIELDS: readonly (readonly string[])[] = [
  ["completion_tokens_details", "reasoning_tokens"],
  ["output_tokens_details", "reasoning_tokens"],
  ["reasoning_tokens"],
];

const NOTHING_CACHED = { tokens: null, where: null } as const;

const NO_TOKENS: TokenReport = {
  prompt_tokens: null,
  output_tokens: null,
  cached_tokens: null,
  cached_tokens_source: null,
  doubt: null,
};

/** Where servers report other parts of a prompt's count. */
const PROMPT_FIELDS: readonly (readonly [path: readonly string[], where: string])[] = [
  ["prompt_tokens"],
  ["input_tokens"],
  ["cache_creation_input_tokens"],
].map((path) => [path, `usage.${path.join(".")}`]);

/** The same for an answer. */
const COUNT_FIELDS: typeof PROMPT_FIELDS = [
  ...PROMPT_FIELDS,
  [["completion_tokens"], "usage.completion_tokens"],
  [["output_tokens"], "usage.output_tokens"],
];

const TOLD_FIELDS: typeof PROMPT_FIELDS = [...COUNT_FIELDS, ...CACHED_FIELDS];
const OF_PROMPT_FIELDS: typeof PROMPT_FIELDS = [...PROMPT_FIELDS, ...CACHED_FIELDS];

/** An impossible count with its path: below 0, a fraction, beyond all models, or not a number. */
function untrueCount(usage: JsonObject | null, timings: JsonObject | null): string | null {
  const isUntrue = (value: unknown): boolean =>
    value !== undefined && value !== null && value !== "" && tokenCount(value) === null;
  const untrue = TOLD_FIELDS.find(([path]) => isUntrue(at(usage, path)));
  if (untrue === undefined && !isUntrue(timings?.cache_n)) return null;
  const [path, where] = untrue ?? [null, "timings.cache_n"];
  const value = path === null ? timings?.cache_n : at(usage, path);
  return `${toldLine(typeof value === "number" ? String(value) : JSON.stringify(value)).slice(0, 60)} as ${where}`;
}

/** A count of prompt tokens that a request of this size can't have, with its path. */
function tooManyFor(sentBytes: number, usage: JsonObject | null, timings: JsonObject | null): string | null {
  const most = sentBytes + MOST_ADDED;
  const isTooMany = (value: unknown): boolean => (tokenCount(value) ?? 0) > most;
  const untrue = OF_PROMPT_FIELDS.find(([path]) => isTooMany(at(usage, path)));
  if (untrue === undefined && !isTooMany(timings?.cache_n)) return null;
  const [path, where] = untrue ?? [null, "timings.cache_n"];
  const value = path === null ? timings?.cache_n : at(usage, path);
  return `${value} as ${where} for a request of ${sentBytes} bytes`;
}

/**
 * Anthropic's `input_tokens` exclude tokens that its cache read or wrote, whatever a gateway calls them; OpenAI's include
 * everything.
 */
function promptTokens(usage: JsonObject | null): number | null {
  if (usage === null) return null;
  const beside =
    (tokenCount(usage.cache_read_input_tokens) ?? 0) + (tokenCount(usage.cache_creation_input_tokens) ?? 0);
  const prompt = tokenCount(usage.prompt_tokens);
  // A part can't be larger than the whole.
  if (prompt) return beside > prompt ? prompt + beside : prompt;
  const input = tokenCount(usage.input_tokens);
  return input === null ? null : input + beside || null;
}

function at(usage: JsonObject | null, path: readonly string[]): unknown {
  let value: unknown = usage;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return value;
}

const isZero = (value: unknown): boolean => value === 0;
