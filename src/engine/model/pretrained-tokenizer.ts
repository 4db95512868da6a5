import type { Tokenizer } from "@huggingface/tokenizers";
import { isObject, type JsonObject } from "../../domain/json.js";
import { stoppedAfter } from "../../domain/stopped-after.js";
import { forJavaScript } from "../../domain/tokenizer-files.js";
import type { ChatTemplate } from "./chat-template.js";
import { ChatTemplateError, type ModelTokenizer, type Speller } from "./model-tokenizer.js";

/** What a model's files say about its tokens. */
export interface TokenizerFacts {
  /** The content of a `tokenizer.json`. */
  readonly json: JsonObject;
  /** The content of a `tokenizer_config.json`. */
  readonly config: JsonObject;
  /** The rows of the model's embeddings, which may outnumber its tokens. */
  readonly ids: number;
  readonly bos: number;
  readonly ends: readonly number[];
  readonly template: ChatTemplate | null;
}

/** A long text takes seconds; a regular expression of a hostile `tokenizer.json` may take for ever. */
const MOST_SECONDS = 60;
/** The largest vocabularies take one second. */
const MOST_LOADING_SECONDS = 30;

/**
 * The tokenizer of a `tokenizer.json`, by `@huggingface/tokenizers` 0.2.
 *
 * @throws a plain Error for one that can't be used.
 */
export async function pretrainedTokenizer(facts: TokenizerFacts): Promise<ModelTokenizer> {
  requireIds(facts);
  const tokenizer = await readTokenizer(facts);
  for (const [token, id] of tokenizer.get_vocab(true)) {
    if (!(id < facts.ids))
      throw new Error(`its token ${token} has id ${id}, and it has ${facts.ids} embeddings`);
  }
  const outside = [facts.bos, ...facts.ends].find((id) => id >= facts.ids);
  if (outside !== undefined)
    throw new Error(`its special token ${outside} is beyond its ${facts.ids} embeddings`);
  return new PretrainedTokenizer(tokenizer, facts);
}

/** Refuses invalid ids, and ids without an embedding, before a table of all ids up to the largest is made. */
function requireIds({ json, ids }: Pick<TokenizerFacts, "json" | "ids">): void {
  const vocabulary =
    isObject(json.model) && isObject(json.model.vocab) ? Object.entries(json.model.vocab) : [];
  const added = Array.isArray(json.added_tokens) ? json.added_tokens.filter(isObject) : [];
  for (const [token, id] of [
    ...vocabulary,
    ...added.map(({ content, id }) => [String(content), id] as const),
  ]) {
    if (Number.isSafeInteger(id) && (id as number) >= 0 && (id as number) < ids) continue;
    throw new Error(`its token ${token} has id ${String(id)}, and it has ${ids} embeddings`);
  }
}

async function readTokenizer({ json, config }: TokenizerFacts): Promise<Tokenizer> {
  const library = await import("@huggingface/tokenizers");
  try {
    return stoppedAfter(MOST_LOADING_SECONDS, () => {
      const tokenizer = new library.Tokenizer(forJavaScript(json), config);
      tokenizer.encode("a b");
      return tokenizer;
    });
  } catch (cause) {
    throw new Error(
      `its tokenizer can't be used (${cause instanceof Error ? cause.message : String(cause)})`,
      {
        cause,
      },
    );
  }
}

class PretrainedTokenizer implements ModelTokenizer {
  readonly ids: number;
  readonly bos: number;
  readonly ends: readonly number[];
  readonly marksChunks = false;
  readonly #tokenizer: Tokenizer;
  readonly #template: ChatTemplate | null;
  readonly #special: ReadonlySet<number>;

  constructor(tokenizer: Tokenizer, { ids, bos, ends, template }: TokenizerFacts) {
    this.ids = ids;
    this.bos = bos;
    this.ends = ends;
    this.#tokenizer = tokenizer;
    this.#template = template;
    this.#special = new Set(
      [...tokenizer.get_added_tokens_decoder()].filter(([, { special }]) => special).map(([id]) => id),
    );
  }

  encode(text: string): Int32Array {
    return this.#encode(text, false);
  }

  prompt(text: string): Int32Array {
    return this.#encode(text, true);
  }

  chat(...[messages, fields]: Parameters<ModelTokenizer["chat"]>): Int32Array {
    if (this.#template === null) {
      throw new ChatTemplateError("This model has no chat template: ask /v1/completions instead.");
    }
    return this.encode(this.#template(messages, fields));
  }

  word(id: number): string {
    return this.#tokenizer.id_to_token(id) ?? "";
  }

  decode(ids: ArrayLike<number>): string {
    const known = Array.from(ids).filter((id) => this.#tokenizer.id_to_token(id) !== undefined);
    return known.length === 0 ? "" : this.#tokenizer.decode(known, { clean_up_tokenization_spaces: false });
  }

  speller(): Speller {
    return new PrefixSpeller((ids) => this.decode(ids.filter((id) => !this.#special.has(id))));
  }

  #encode(text: string, special: boolean): Int32Array {
    if (text === "" && !special) return new Int32Array();
    const encode = () => this.#tokenizer.encode(text, { add_special_tokens: special }).ids;
    return Int32Array.from(stoppedAfter(MOST_SECONDS, encode));
  }
}

/**
 * Spells by comparing the text of a few tokens with and without the newest: a decoder may join tokens or set spaces
 * between them, and a character's bytes may be spread over several.
 */
class PrefixSpeller implements Speller {
  readonly #decode: (ids: readonly number[]) => string;
  /** The newest tokens: the last ones given out, and those not given out yet. */
  #recent: readonly number[] = [];
  #told = 0;

  constructor(decode: (ids: readonly number[]) => string) {
    this.#decode = decode;
  }

  add(id: number): string {
    this.#recent = [...this.#recent, id];
    const text = this.#decode(this.#recent);
    return text.endsWith(UNKNOWN) ? "" : this.#tell(text);
  }

  end(): string {
    return this.#told === this.#recent.length ? "" : this.#tell(this.#decode(this.#recent));
  }

  #tell(text: string): string {
    const before = this.#decode(this.#recent.slice(0, this.#told));
    this.#recent = this.#recent.slice(this.#told);
    this.#told = this.#recent.length;
    return text.slice(before.length);
  }
}

/** The replacement for bytes that are not a character. */
const UNKNOWN = "\ufffd";
