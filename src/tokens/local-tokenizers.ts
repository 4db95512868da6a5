import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { readWhole } from "../disk/open-file.js";
import { OptionError } from "../domain/errors/errors.js";
import { type JsonObject, jsonObject } from "../domain/json.js";
import type { TokenCounter } from "../domain/records/token-count.js";
import { forJavaScript } from "../domain/tokenizer-files.js";
import { localCounter } from "./local-counter.js";
import { type PretokenTokenizer, remembering, sentencePieces } from "./pretokens.js";
import { wordsOf } from "./text-cuts.js";

/** OpenAI's models by name; all but the older ones have the newest encoding. */
const ENCODINGS = [
  { models: /^(gpt-3\.5|gpt-4(?![.o\d])|text-embedding-)/, name: "cl100k_base" },
  { models: /^(gpt-(4o|4\.|[5-9])|o\d|chatgpt-|codex-)/, name: "o200k_base" },
] as const;

type EncodingName = (typeof ENCODINGS)[number]["name"];

/**
 * The counter for one of OpenAI's models by its name; null for any other. A provider's prefix, as in `openai/gpt-4o`, is
 * ignored.
 *
 * @example openaiCounter("gpt-4o-mini")?.name // "gpt-tokenizer o200k_base"
 */
export function openaiCounter(model: string): TokenCounter | null {
  const bare = model.replace(/^.*\//, "");
  const encoding = ENCODINGS.find(({ models }) => models.test(bare));
  if (encoding === undefined) return null;
  return localCounter(`gpt-tokenizer ${encoding.name}`, () => loadEncoding(encoding.name));
}

/** The vocabularies have megabytes, and are loaded only when something is counted. */
async function loadEncoding(name: EncodingName): Promise<PretokenTokenizer> {
  const { encode } =
    name === "cl100k_base"
      ? await import("gpt-tokenizer/encoding/cl100k_base")
      : await import("gpt-tokenizer/encoding/o200k_base");
  // A special token's name within a text is ordinary text, as for OpenAI's server.
  const asText = { disallowedSpecial: new Set<string>() };
  return { pretokens: wordsOf, encode: remembering((pretoken) => encode(pretoken, asText)) };
}

/**
 * The counter from a model's own `tokenizer.json`, with the `tokenizer_config.json` beside it if there is one.
 *
 * @throws OptionError if the file can't be read or is not a tokenizer.
 */
export async function tokenizerFile(path: string): Promise<TokenCounter> {
  const tokenizer = await load(path, readTokenizer(path));
  return localCounter(
    `@huggingface/tokenizers ${basename(dirname(path))}/${basename(path)}`,
    async () => tokenizer,
  );
}

/** The ids that a model's own `tokenizer.json` puts before a text: BOS, or none. Null if it also puts something after it. */
export async function promptBeginningOf(path: string): Promise<readonly number[] | null> {
  const { Tokenizer } = await import("@huggingface/tokenizers");
  const tokenizer = new Tokenizer(forJavaScript(readTokenizer(path)), readConfig(path));
  const [special, plain] = [true, false].map(
    (add_special_tokens) => tokenizer.encode("one two", { add_special_tokens }).ids,
  ) as [number[], number[]];
  const beginning = special.slice(0, Math.max(0, special.length - plain.length));
  return `${special}` === `${[...beginning, ...plain]}` ? beginning : null;
}

/** The SHA-256 of a `tokenizer.json`, in hexadecimal digits. */
export const tokenizerDigest = (path: string): string =>
  createHash("sha256").update(bytesOf(path)).digest("hex");

function bytesOf(path: string): Buffer {
  try {
    return readWhole(path);
  } catch (cause) {
    throw new OptionError("tokenizer", `must be a readable file (${(cause as Error).message})`, path);
  }
}

function readTokenizer(path: string): JsonObject {
  const json = jsonObject(bytesOf(path).toString("utf8"));
  if (json === null || typeof json.model !== "object") {
    throw new OptionError("tokenizer", "must be a tokenizer.json with its model", path);
  }
  return json;
}

function readConfig(path: string): JsonObject {
  try {
    return jsonObject(readFileSync(join(dirname(path), "tokenizer_config.json"), "utf8")) ?? {};
  } catch {
    return {};
  }
}

/** Texts on which the pretokens must give the ids of the whole; otherwise texts are encoded as a whole. */
const PROBE =
  "One two.\nThree  four, don't\tstop 2026 we'll.\n\n  Five — “six”… naïve café 12345 (x_y) a/b\r\nПривет, мир " +
  "中文文本，也要能切开。汉字 🌍 end. ".repeat(3);

async function load(path: string, json: JsonObject): Promise<PretokenTokenizer> {
  const { Tokenizer } = await import("@huggingface/tokenizers");
  let encode: (text: string) => number[];
  let vocabulary: ReadonlyMap<string, number>;
  try {
    const tokenizer = new Tokenizer(forJavaScript(json), readConfig(path));
    encode = (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
    vocabulary = tokenizer.get_vocab(true);
    encode(PROBE);
  } catch (cause) {
    throw new OptionError(
      "tokenizer",
      `must be a tokenizer.json that can be used (${(cause as Error).message})`,
      path,
    );
  }
  const whole: PretokenTokenizer = { pretokens: (text) => (text === "" ? [] : [text]), encode };
  const candidates = [
    sentencePieces(vocabulary, encode),
    { pretokens: wordsOf, encode: remembering(encode) } satisfies PretokenTokenizer,
  ];
  return candidates.find((tokenizer) => tokenizer !== null && agrees(tokenizer, encode)) ?? whole;
}

/** Whether the pretokens of a few texts give the ids of the whole; the longer texts are cut many times. */
function agrees(tokenizer: PretokenTokenizer, encode: (text: string) => readonly number[]): boolean {
  return [PROBE, ` ${PROBE}`, PROBE.repeat(12)].every((text) => {
    const ids = [...tokenizer.pretokens(text)].flatMap((pretoken, index) => [
      ...tokenizer.encode(pretoken, index === 0),
    ]);
    return ids.join() === encode(text).join();
  });
}
