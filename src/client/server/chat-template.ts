import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { OptionError } from "../../domain/errors/errors.js";
import { jinjaTemplate } from "../../domain/jinja-template.js";
import { isObject, type JsonObject, jsonObject } from "../../domain/json.js";
import type { TokenCounter } from "../../domain/records/token-count.js";
import { chatTemplateIn, specialTokenIn } from "../../domain/tokenizer-files.js";
import type { Endpoint } from "../../wire/endpoint.js";
import type { Call } from "./call.js";
import type { ChatTemplate } from "./facts.js";

/** Fields of a chat request that change what its template renders. */
const TEMPLATE_FIELDS = ["chat_template", "chat_template_kwargs", "add_generation_prompt"];

/** Words that do not join with anything around them, and can be found again in the rendering. */
const WORDS = "one two three";
/** The same with white space around them, which a template may trim. */
const SPACED = `\n ${WORDS} \n`;

/**
 * Reads a server's chat template off its own rendering of a message: llama.cpp's `/apply-template`, or `/tokenize` with
 * messages (vLLM, the embedded engine). Null if it renders none, or if the template's text does not reproduce the ids of the
 * rendering.
 *
 * Source: vLLM `entrypoints/serve/tokenize/protocol.py`, 0.16; llama.cpp `tools/server/README.md`.
 */
export async function findChatTemplate(
  { rootPath }: Endpoint,
  call: Call,
  {
    model,
    body,
    tokens,
  }: { readonly model: string; readonly body: JsonObject; readonly tokens: TokenCounter },
): Promise<ChatTemplate | null> {
  const fields = Object.fromEntries(
    TEMPLATE_FIELDS.filter((field) => field in body).map((field) => [field, body[field]]),
  );
  const ask = async (route: string, json: JsonObject): Promise<JsonObject | null> => {
    const answer = await call("POST", `${rootPath}${route}`, json);
    if (answer.how !== "answered" || answer.status !== 200) return null;
    try {
      const value: unknown = JSON.parse(answer.body);
      return isObject(value) ? value : null;
    } catch {
      return null;
    }
  };
  const messages = (content: string) => ({ ...fields, messages: [{ role: "user", content }] });
  const rendered = async (content: string): Promise<string | null> => {
    const prompt = (await ask("/apply-template", messages(content)))?.prompt;
    return typeof prompt === "string" ? prompt : null;
  };
  const text = await rendered(WORDS);
  if (text !== null) return templateOfText(text, await rendered(SPACED));
  const idsOf = async (json: JsonObject) => readIds((await ask("/tokenize", { model, ...json }))?.tokens);
  const textOf = async (ids: readonly number[]): Promise<string | null> => {
    if (ids.length === 0) return "";
    const prompt = (await ask("/detokenize", { model, tokens: ids }))?.prompt;
    return typeof prompt === "string" ? prompt : null;
  };
  const whole = await idsOf(messages(WORDS));
  const spaced = await idsOf(messages(SPACED));
  const words = await tokens.encode(WORDS);
  const special = await idsOf({ prompt: WORDS, add_special_tokens: true });
  if (whole === null || spaced === null || words === null || special === null) return null;
  const bos = bosOf(special, words, whole);
  return templateOfIds({ whole, spaced, words, bos }, textOf, (part) => tokens.encode(part));
}

/** From a rendering as text; llama.cpp puts BOS before any prompt, and leaves it out of the rendering. */
function templateOfText(text: string, spaced: string | null): ChatTemplate | null {
  const around = split(text);
  if (around === null || spaced === null) return null;
  const trims = TRIMS.find((one) => spaced === `${around.head}${trimmed(SPACED, one)}${around.tail}`);
  return trims === undefined ? null : { bos: [], ...around, trims };
}

/** From a rendering as ids: its text is believed if it reproduces these ids. */
async function templateOfIds(
  seen: Readonly<Record<"whole" | "spaced" | "words" | "bos", readonly number[]>>,
  textOf: (ids: readonly number[]) => Promise<string | null>,
  encode: (text: string) => Promise<readonly number[] | null>,
): Promise<ChatTemplate | null> {
  const { whole, spaced, words, bos } = seen;
  const has = async (ids: readonly number[], first: readonly number[], text: string) =>
    same(ids, [...first, ...((await encode(text)) ?? [])]);
  // A tokenizer may join BOS with what follows, and give a word other tokens at another position.
  for (const first of bos.length > 0 ? [bos, []] : [bos]) {
    const rest = whole.slice(first.length);
    for (const around of [await splitIds(rest, words, textOf), split((await textOf(rest)) ?? "")]) {
      if (around === null) continue;
      const { head, tail } = around;
      if (!(await has(whole, first, `${head}${WORDS}${tail}`))) continue;
      for (const trims of TRIMS) {
        const kept = trimmed(SPACED, trims);
        if (await has(spaced, first, `${head}${kept}${tail}`)) return { bos: first, head, tail, trims };
      }
    }
  }
  return null;
}

const TRIMS: readonly ChatTemplate["trims"][] = [
  { start: false, end: false },
  { start: true, end: true },
  { start: true, end: false },
  { start: false, end: true },
];

function trimmed(text: string, { start, end }: ChatTemplate["trims"]): string {
  const begun = start ? text.trimStart() : text;
  return end ? begun.trimEnd() : begun;
}

/** What comes before and after the words, which must occur exactly once. */
function split(text: string): Pick<ChatTemplate, "head" | "tail"> | null {
  const at = text.indexOf(WORDS);
  if (at < 0 || text.indexOf(WORDS, at + 1) >= 0) return null;
  return { head: text.slice(0, at), tail: text.slice(at + WORDS.length) };
}

async function splitIds(
  ids: readonly number[],
  words: readonly number[],
  textOf: (ids: readonly number[]) => Promise<string | null>,
): Promise<Pick<ChatTemplate, "head" | "tail"> | null> {
  const at = ids.findIndex((_, index) => same(ids.slice(index, index + words.length), words));
  if (at < 0) return null;
  const head = await textOf(ids.slice(0, at));
  const tail = await textOf(ids.slice(at + words.length));
  return head === null || tail === null ? null : { head, tail };
}

/** The special tokens that a bare prompt begins with, if the rendering begins with them too. */
function bosOf(
  special: readonly number[],
  words: readonly number[],
  whole: readonly number[],
): readonly number[] {
  const first = special.slice(0, special.length - words.length);
  return same(special.slice(first.length), words) && same(whole.slice(0, first.length), first) ? first : [];
}

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((id, index) => id === b[index]);

function readIds(value: unknown): readonly number[] | null {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isSafeInteger)
    ? (value as number[])
    : null;
}

/**
 * The chat template of a model's own files, beside its `tokenizer.json`: `chat_template.jinja`, or `chat_template` of
 * `tokenizer_config.json`. Null where there is none.
 *
 * Source: Hugging Face transformers, `apply_chat_template`; rendered by `@huggingface/jinja` 0.5.
 *
 * @param fields `chat_template_kwargs` of a request, which the template may read
 * @throws OptionError for a template that can't be rendered.
 */
export async function localChatTemplate(
  tokenizer: string,
  tokens: TokenCounter,
  fields: JsonObject = {},
): Promise<ChatTemplate | null> {
  const beside = (name: string): string | null => {
    try {
      return readFileSync(join(dirname(tokenizer), name), "utf8");
    } catch {
      return null;
    }
  };
  const config = jsonObject(beside("tokenizer_config.json") ?? "") ?? {};
  const source = beside("chat_template.jinja") ?? chatTemplateIn(config.chat_template);
  if (source === null) return null;
  const bos = specialTokenIn(config.bos_token);
  const render = await renderer(tokenizer, source, {
    ...fields,
    bos_token: bos,
    eos_token: specialTokenIn(config.eos_token),
  });
  const [text, spaced] = [render(WORDS), render(SPACED)];
  const begins = bos !== "" && text.startsWith(bos) && spaced.startsWith(bos);
  const found = templateOfText(
    begins ? text.slice(bos.length) : text,
    begins ? spaced.slice(bos.length) : spaced,
  );
  return found && begins ? { ...found, bos: (await tokens.encode(bos)) ?? [] } : found;
}

async function renderer(
  path: string,
  source: string,
  context: JsonObject,
): Promise<(content: string) => string> {
  try {
    const template = await jinjaTemplate(source);
    const render = (content: string): string =>
      template({ ...context, messages: [{ role: "user", content }], add_generation_prompt: true });
    render(WORDS);
    return render;
  } catch (cause) {
    throw new OptionError(
      "tokenizer",
      `must have a chat template beside it that can be rendered (${(cause as Error).message})`,
      path,
    );
  }
}
