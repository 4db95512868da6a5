import { isObject, type JsonObject } from "../../domain/json.js";
import type { TokenDistribution } from "../../domain/token-distribution.js";

/** vLLM writes the logarithm of 0, which JSON does not have, as this. */
const NO_CHANCE = -9999;

/** A reported log-probability; null if it is not one. In single precision it may be a little above 0. */
function logprobOf(value: unknown): number | null {
  return typeof value === "number" && value > NO_CHANCE && value < 1e-3 ? Math.min(0, value) : null;
}

/**
 * Tokens from vLLM's `prompt_logprobs`: for each an object with the token's own and the likeliest ids.
 *
 * @param told one entry for each of `ids`; null if an entry does not contain its own id.
 * @example promptLogprobs([{ 7: { logprob: -0.1, rank: 1 } }], [7])?.[0]?.own // -0.1
 */
export function promptLogprobs(
  told: readonly unknown[],
  ids: readonly number[],
): readonly TokenDistribution[] | null {
  return all(told, ids, (entry, id) => {
    if (!isObject(entry)) return null;
    return distribution(
      Object.entries(entry).map(([key, value]) => [key, isObject(value) ? value.logprob : value]),
      id,
    );
  });
}

/**
 * Tokens from SGLang's `meta_info`: `input_token_logprobs`, of which each is [log-probability, id, text], and
 * `input_top_logprobs`, of which each is a list of those.
 */
export function inputLogprobs(
  own: readonly unknown[],
  top: readonly unknown[],
  ids: readonly number[],
): readonly TokenDistribution[] | null {
  return all(own, ids, (entry, id, index) => {
    const likeliest = top[index];
    if (!Array.isArray(entry) || entry[1] !== id || !Array.isArray(likeliest)) return null;
    return distribution(
      [...likeliest, entry].map((one) => (Array.isArray(one) ? [String(one[1]), one[0]] : ["", null])),
      id,
    );
  });
}

/** The next token of llama.cpp's `completion_probabilities`: the likeliest tokens, which need not include the actual one. */
export function nextLogprobs(told: unknown, id: number): TokenDistribution | null {
  const [first] = Array.isArray(told) ? told : [];
  if (!isObject(first) || !Array.isArray(first.top_logprobs)) return null;
  const entries = first.top_logprobs
    .filter(isObject)
    .map((one): [string, unknown] => [String(one.id), one.logprob]);
  return entries.length === 0 ? null : distribution(entries, id);
}

/**
 * Tokens from OpenAI's `logprobs` of an echoed text: `token_logprobs`, and `top_logprobs` by text. Texts with U+FFFD stand
 * for several tokens and are left out.
 */
export function echoedLogprobs(
  logprobs: JsonObject,
  from: number,
  count: number,
): readonly TokenDistribution[] | null {
  const { tokens, token_logprobs: own, top_logprobs: top } = logprobs;
  if (!Array.isArray(tokens) || !Array.isArray(own) || !Array.isArray(top)) return null;
  const places = Array.from({ length: count }, (_, i) => from + i);
  return all(places, places, (place) => {
    const [text, value, likeliest] = [tokens[place as number], own[place as number], top[place as number]];
    if (typeof text !== "string" || !isObject(likeliest)) return null;
    const known = Object.entries(likeliest).filter(([token]) => !token.includes("\ufffd"));
    const told: TokenDistribution = distribution(known, null);
    return { ...told, own: logprobOf(value) };
  });
}

function distribution(entries: readonly (readonly unknown[])[], id: number | null): TokenDistribution {
  const logprobs = new Map<string, number>();
  for (const [key, value] of entries) {
    const logprob = logprobOf(value);
    if (logprob !== null) logprobs.set(String(key), logprob);
  }
  return { own: logprobs.get(String(id)) ?? null, logprobs };
}

/** All entries, or null if one can't be read or their number is wrong. */
function all(
  told: readonly unknown[],
  ids: readonly number[],
  read: (entry: unknown, id: number, index: number) => TokenDistribution | null,
): readonly TokenDistribution[] | null {
  if (told.length !== ids.length) return null;
  const tokens: TokenDistribution[] = [];
  for (const [index, id] of ids.entries()) {
    const one = read(told[index], id, index);
    if (one === null) return null;
    tokens.push(one);
  }
  return tokens;
}
