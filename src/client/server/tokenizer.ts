import { ServerError } from "../../domain/errors/errors.js";
import { isObject, type JsonObject } from "../../domain/json.js";
import { checkTokens, ESTIMATE, SURE, type TokenCounter } from "../../domain/records/token-count.js";
import { correctable } from "../../tokens/local-counter.js";
import { openaiCounter } from "../../tokens/local-tokenizers.js";
import { truncateByBlocks } from "../../tokens/text-cuts.js";
import type { Endpoint } from "../../wire/endpoint.js";
import type { Call } from "./call.js";

/** The request body of a server's `/tokenize`: vLLM's and SGLang's form, then llama.cpp's. */
const FORMS: readonly ((model: string, text: string) => JsonObject)[] = [
  (model, text) => ({ model, prompt: text, add_special_tokens: false }),
  (_model, text) => ({ content: text }),
];

/**
 * Takes the tokenizer of a given file, else the server's own if it has one, else that of an OpenAI model, else four
 * characters per token.
 */
export async function findTokenizer(
  endpoint: Endpoint,
  { probe, call }: { readonly probe: Call; readonly call: Call },
  model: string,
  own: TokenCounter | null,
): Promise<TokenCounter> {
  if (own !== null) return correctable(own);
  const path = `${endpoint.rootPath}/tokenize`;
  for (const form of FORMS) {
    // A server that expects the other form may answer 200 and count nothing.
    const answer = await probe("POST", path, form(model, FEW_WORDS));
    if (answer.how !== "answered") break;
    if (answer.status === 200 && (readCount(answer.body, FEW_WORDS) ?? 0) > 0) {
      return serverTokenizer(endpoint, call, (text) => form(model, text));
    }
    if (answer.status === 404) break;
  }
  return correctable(openaiCounter(model) ?? FOUR_CHARACTERS);
}

const FEW_WORDS = "one two three";

function serverTokenizer(endpoint: Endpoint, call: Call, form: (text: string) => JsonObject): TokenCounter {
  const path = `${endpoint.rootPath}/tokenize`;
  const ask = async <T>(
    text: string,
    read: (body: string, text: string) => T | null,
    wanted: string,
  ): Promise<T> => {
    const answer = await call("POST", path, form(text));
    const url = `${endpoint.origin}${path}`;
    if (answer.how === "failed")
      throw new ServerError(answer.reason, { url, cause: answer.cause ?? undefined });
    const value = answer.status === 200 ? read(answer.body, text) : null;
    if (value !== null) return value;
    throw new ServerError(`POST ${url} did not ${wanted}: ${answer.said}`, { url, status: answer.status });
  };
  const count = async (text: string) => (text === "" ? 0 : ask(text, readCount, "count the tokens"));
  return {
    name: "server /tokenize",
    exact: true,
    ...SURE,
    count,
    encode: async (text) => (text === "" ? [] : ask(text, readIds, "give the tokens")),
    truncate: (text, tokens) => truncateByBlocks(text, checkTokens(tokens), count),
  };
}

/** The ids of `{tokens}`. */
function readIds(body: string): readonly number[] | null {
  try {
    const value: unknown = JSON.parse(body);
    if (!isObject(value) || !Array.isArray(value.tokens) || value.tokens.length === 0) return null;
    return value.tokens.every(Number.isSafeInteger) ? (value.tokens as number[]) : null;
  } catch {
    return null;
  }
}

/** Special tokens that a server may count anyway. */
const SPECIAL_TOKENS = 8;

/** No vocabulary has longer tokens, except for runs of spaces. */
const MOST_BYTES = 256;

/**
 * `{count, tokens}` of vLLM, `{tokens}` of llama.cpp; null for the impossible: a text has at least one token, and a token at
 * least one byte.
 */
function readCount(body: string, text: string): number | null {
  const bytes = Buffer.byteLength(text);
  try {
    const value: unknown = JSON.parse(body);
    if (!isObject(value)) return null;
    const count = Number.isInteger(value.count)
      ? (value.count as number)
      : Array.isArray(value.tokens)
        ? value.tokens.length
        : null;
    const isPossible =
      count !== null &&
      count >= Math.max(1, Math.floor(bytes / MOST_BYTES)) &&
      count <= bytes + SPECIAL_TOKENS;
    return isPossible ? count : null;
  } catch {
    return null;
  }
}

const CHARACTERS_A_TOKEN = 4;

/** For servers without a tokenizer: Unicode characters divided by four, rounded up. */
const FOUR_CHARACTERS: TokenCounter = {
  name: ESTIMATE,
  exact: false,
  ...SURE,
  count: async (text) => Math.ceil(countCharacters(text) / CHARACTERS_A_TOKEN),
  encode: async () => null,
  truncate: async (text, tokens) => firstCharacters(text, checkTokens(tokens) * CHARACTERS_A_TOKEN),
};

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;

function countCharacters(text: string): number {
  let pairs = 0;
  for (let i = 0; i < text.length; i++) if (isHighSurrogate(text.charCodeAt(i))) pairs += 1;
  return text.length - pairs;
}

function firstCharacters(text: string, characters: number): string {
  let end = 0;
  for (let i = 0; i < characters && end < text.length; i++)
    end += isHighSurrogate(text.charCodeAt(end)) ? 2 : 1;
  return text.slice(0, end);
}
