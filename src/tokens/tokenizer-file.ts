import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { readWhole } from "../disk/open-file.js";
import { OptionError } from "../domain/errors/errors.js";
import { type JsonObject, jsonObject } from "../domain/json.js";
import { forJavaScript } from "../domain/tokenizer-files.js";
import { localCounter } from "./local-counter.js";
import { wordsOf } from "./pretoken-boundary.js";
import { type PretokenTokenizer, remembering } from "./pretokens.js";
import { sentencePieces } from "./sentence-pieces.js";
import type { TokenCounter } from "./token-counter.js";

/**
 * The counter of a model's own `tokenizer.json`, with the `tokenizer_config.json` beside it where there is one.
 *
 * @throws OptionError when the file can't be read or is no tokenizer.
 */
export async function tokenizerFile(path: string): Promise<TokenCounter> {
  const tokenizer = await load(path, readTokenizer(path));
  return localCounter(
    `@huggingface/tokenizers ${basename(dirname(path))}/${basename(path)}`,
    async () => tokenizer,
  );
}

function readTokenizer(path: string): JsonObject {
  let text: string;
  try {
    text = readWhole(path).toString("utf8");
  } catch (cause) {
    throw new OptionError("tokenizer", `must be a readable file (${(cause as Error).message})`, path);
  }
  const json = jsonObject(text);
  if (json === null || typeof json.model !== "object") {
    throw new OptionError("tokenizer", "must be a tokenizer.json, with its model", path);
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

/** Texts on which the pretokens must give what the whole gives; else the whole is encoded at once. */
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

/** Whether the pretokens of a few texts have the whole's ids; the longer ones are cut many times. */
function agrees(tokenizer: PretokenTokenizer, encode: (text: string) => readonly number[]): boolean {
  return [PROBE, ` ${PROBE}`, PROBE.repeat(12)].every((text) => {
    const ids = [...tokenizer.pretokens(text)].flatMap((pretoken, index) => [
      ...tokenizer.encode(pretoken, index === 0),
    ]);
    return ids.join() === encode(text).join();
  });
}
