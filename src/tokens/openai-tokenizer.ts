import { localCounter } from "./local-counter.js";
import { wordsOf } from "./pretoken-boundary.js";
import { type PretokenTokenizer, remembering } from "./pretokens.js";
import type { TokenCounter } from "./token-counter.js";

/** OpenAI's models by their names; the newest encoding is for those that are not older ones. */
const ENCODINGS = [
  { models: /^(gpt-3\.5|gpt-4(?![.o\d])|text-embedding-)/, name: "cl100k_base" },
  { models: /^(gpt-(4o|4\.|[5-9])|o\d|chatgpt-|codex-)/, name: "o200k_base" },
] as const;

type EncodingName = (typeof ENCODINGS)[number]["name"];

/**
 * The counter of one of OpenAI's models, by its name; null for another. A provider's prefix, as in `openai/gpt-4o`, is
 * passed over.
 *
 * @example openaiCounter("gpt-4o-mini")?.name // "gpt-tokenizer o200k_base"
 */
export function openaiCounter(model: string): TokenCounter | null {
  const bare = model.replace(/^.*\//, "");
  const encoding = ENCODINGS.find(({ models }) => models.test(bare));
  if (encoding === undefined) return null;
  return localCounter(`gpt-tokenizer ${encoding.name}`, () => loadEncoding(encoding.name));
}

/** The vocabularies are megabytes, and loaded only when something is counted. */
async function loadEncoding(name: EncodingName): Promise<PretokenTokenizer> {
  const { encode } =
    name === "cl100k_base"
      ? await import("gpt-tokenizer/encoding/cl100k_base")
      : await import("gpt-tokenizer/encoding/o200k_base");
  // A special token's name within a text is text, as it is to OpenAI's server.
  const asText = { disallowedSpecial: new Set<string>() };
  return { pretokens: wordsOf, encode: remembering((pretoken) => encode(pretoken, asText)) };
}
