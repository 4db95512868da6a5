import { ChatTemplateError, type ModelTokenizer, type Speller } from "./model-tokenizer.js";

/**
 * Splits text into words, numbers, `##`, `<special>` tokens and single signs; case does not matter.
 *
 * A word with an id of its own gets it, a common sign too; any other is hashed onto one of the spare ids. Words are
 * split apart at white space and signs alone, so texts joined at either tokenise like each by itself.
 */
export class Tokenizer implements ModelTokenizer {
  /** How many ids there are. */
  readonly ids: number;
  readonly bos: number;
  readonly eos: number;
  readonly ends: readonly number[];
  readonly marksChunks = true;
  readonly #names: readonly string[];
  readonly #idOf: ReadonlyMap<string, number>;
  readonly #firstSpare: number;

  /** `words` by id; the other ids up to `ids` are for signs and hashed words. */
  constructor(words: readonly string[], ids: number) {
    const named = [...words, ...SIGNS.filter((sign) => !words.includes(sign))];
    this.ids = ids;
    this.#firstSpare = named.length;
    this.#names = [...named, ...Array.from({ length: ids - named.length }, (_, i) => `<word${i}>`)];
    this.#idOf = new Map(this.#names.map((name, id) => [name, id]));
    this.bos = this.#idOf.get("<bos>")!;
    this.eos = this.#idOf.get("<eos>")!;
    this.ends = [this.eos];
  }

  /** The ids of a text, without a leading `<bos>`. */
  encode(text: string): Int32Array {
    const pieces = text.toLowerCase().match(PIECES) ?? [];
    return Int32Array.from(pieces, (piece) => this.#idOf.get(piece) ?? this.#spare(piece));
  }

  /** `<bos>` and a text's ids. */
  prompt(text: string): Int32Array {
    return Int32Array.from([this.bos, ...this.encode(text)]);
  }

  /** `<bos>`, then the contents of the messages in their order. There are no words for roles. */
  chat(...[messages, { more }]: Parameters<ModelTokenizer["chat"]>): Int32Array {
    if ("tools" in more) throw new ChatTemplateError("This model has no chat template that takes tools.");
    return this.prompt(messages.map((message) => message.content).join("\n"));
  }

  /** One id's text; never empty. */
  word(id: number): string {
    return this.#names[id]!;
  }

  /** The text of ids, words apart by a space; encoding it gives the ids again. */
  decode(ids: ArrayLike<number>): string {
    return Array.from(ids, (id) => this.word(id)).join(" ");
  }

  /** A space before every word but the first. */
  speller(): Speller {
    let space = "";
    return {
      add: (id) => {
        const text = space + this.word(id);
        space = " ";
        return text;
      },
      end: () => "",
    };
  }

  #spare(piece: string): number {
    return this.#firstSpare + (fnv1a(piece) % (this.ids - this.#firstSpare));
  }
}

const SIGNS = [..."#,;!()[]{}\"'`-–—/\\|@$%&*+=<>^~_…"];
const PIECES = /<[a-z]+\d*>|##|[\p{L}\p{M}\p{N}]{1,16}|[^\s\p{L}\p{M}\p{N}]/gu;

/** The 32-bit FNV-1a hash of a text's UTF-16 units (Fowler, Noll and Vo). */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
