import type { JsonObject } from "../../domain/json.js";
import type { GgufValue } from "../files/gguf.js";

/** GGUF's kinds of tokens that have a meaning here. Source: llama.cpp, `enum llama_token_type`. */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;

const LLAMA_3 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const QWEN_2 = LLAMA_3.replace("\\p{N}{1,3}", "\\p{N}");

const byteLevel = (useRegex: boolean) => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});
const split = (pattern: string) => ({
  type: "Sequence",
  pretokenizers: [
    { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false },
    byteLevel(false),
  ],
});

interface Splitting {
  readonly pre: JsonObject;
  readonly normalizer?: JsonObject;
  /** Whether a piece that is a token as a whole stays one, whatever the merges make of it. */
  readonly ignoreMerges?: boolean;
}
const llama3: Splitting = { pre: split(LLAMA_3), ignoreMerges: true };
const qwen2: Splitting = { pre: split(QWEN_2), normalizer: { type: "NFC" } };

/** How texts are split before they are merged, by `tokenizer.ggml.pre`. Source: the models' own tokenizer.json files. */
const SPLITTINGS: ReadonlyMap<string, Splitting> = new Map([
  ["gpt-2", { pre: byteLevel(true) }],
  [
    "smollm",
    {
      pre: {
        type: "Sequence",
        pretokenizers: [{ type: "Digits", individual_digits: true }, byteLevel(true)],
      },
    },
  ],
  ["llama-bpe", llama3],
  ["llama3", llama3],
  ["llama-v3", llama3],
  ["qwen2", qwen2],
  ["deepseek-r1-qwen", qwen2],
]);

/** What a GGUF file says of a model's tokens. */
export interface GgufTokens {
  /** As a `tokenizer.json` would say it. */
  readonly json: JsonObject;
  readonly tokens: readonly string[];
  readonly bos: number;
  readonly ends: readonly number[];
}

/** Texts of tokens that end a turn, which a file may leave out of its `eos_token_id`. */
const TURN_ENDS = ["<|im_end|>", "<|eot_id|>", "<|eom_id|>"];

/**
 * The tokenizer of a GGUF file: byte-level BPE with merges (`gpt2`), or BPE of characters by scores (`llama`).
 *
 * @throws a plain Error that names the key at fault.
 */
export function readGgufTokenizer(metadata: ReadonlyMap<string, GgufValue>): GgufTokens {
  const named = (key: string) => `tokenizer.ggml.${key}`;
  const list = (key: string, type: "string" | "number"): readonly GgufValue[] => {
    const value = metadata.get(named(key));
    if (!Array.isArray(value)) throw new Error(`it has no ${named(key)}`);
    if (!value.every((one) => typeof one === type))
      throw new Error(`its ${named(key)} is not a list of ${type}s`);
    return value;
  };
  const tokens = list("tokens", "string") as readonly string[];
  const types = (metadata.has(named("token_type")) ? list("token_type", "number") : []) as readonly number[];
  const id = (key: string): number | null => {
    const value = metadata.get(named(key));
    if (value === undefined) return null;
    if (typeof value !== "number" || tokens[value] === undefined) {
      throw new Error(`its ${named(key)}, ${String(value)}, is not a token`);
    }
    return value;
  };
  const eos = id("eos_token_id");
  const bos = id("bos_token_id") ?? eos;
  if (eos === null || bos === null) throw new Error(`it has no ${named("eos_token_id")}`);
  const turnEnds = tokens.flatMap((token, index) =>
    TURN_ENDS.includes(token) && types[index] === CONTROL ? [index] : [],
  );
  const others = [id("eot_token_id"), id("eom_token_id")].filter((one) => one !== null);

  const kind = metadata.get(named("model"));
  const flag = (key: string, otherwise: boolean) => (metadata.get(named(key)) ?? otherwise) === true;
  const addsBos = flag("add_bos_token", kind === "llama");
  const added = tokens.flatMap((content, index) =>
    types[index] === CONTROL || types[index] === USER_DEFINED || types[index] === UNKNOWN
      ? [addedToken(index, content, types[index] !== USER_DEFINED)]
      : [],
  );
  const vocab = Object.fromEntries(tokens.map((token, index) => [token, index]));
  const common = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added,
    post_processor: addsBos ? startingWith(tokens[bos]!, bos) : null,
  };
  const json =
    kind === "gpt2"
      ? { ...common, ...byteLevelBpe(metadata.get(named("pre")), vocab, list("merges", "string")) }
      : kind === "llama"
        ? {
            ...common,
            ...scoredBpe(tokens, vocab, list("scores", "number") as readonly number[], {
              unknown: tokens[id("unknown_token_id") ?? 0]!,
              addsSpace: flag("add_space_prefix", true),
            }),
          }
        : null;
  if (json === null)
    throw new Error(`its ${named("model")} is ${String(kind)}, which is not supported; gpt2 and llama are`);
  return { json, tokens, bos, ends: [...new Set([eos, ...others, ...turnEnds])] };
}

const addedToken = (id: number, content: string, special: boolean) => ({
  id,
  content,
  special,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
});

const startingWith = (token: string, id: number) => ({
  type: "TemplateProcessing",
  single: [{ SpecialToken: { id: token, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
  pair: [
    { SpecialToken: { id: token, type_id: 0 } },
    { Sequence: { id: "A", type_id: 0 } },
    { Sequence: { id: "B", type_id: 1 } },
  ],
  special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
});

function byteLevelBpe(pre: unknown, vocab: JsonObject, merges: readonly GgufValue[]) {
  const splitting = SPLITTINGS.get(String(pre));
  if (splitting === undefined) {
    throw new Error(
      `its tokenizer.ggml.pre is ${String(pre)}, which is not supported; ${[...SPLITTINGS.keys()].join(", ")} are`,
    );
  }
  return {
    normalizer: splitting.normalizer ?? null,
    pre_tokenizer: splitting.pre,
    decoder: byteLevel(true),
    model: {
      ...BPE,
      unk_token: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: splitting.ignoreMerges ?? false,
      vocab,
      merges,
    },
  };
}

/**
 * SentencePiece's BPE as merges: two pieces that are a token together are joined, the highest score first.
 *
 * Source: transformers 5, `SentencePieceExtractor`, which makes Llama 2's tokenizer.json.
 */
function scoredBpe(
  tokens: readonly string[],
  vocab: JsonObject,
  scores: readonly number[],
  { unknown, addsSpace }: { readonly unknown: string; readonly addsSpace: boolean },
) {
  const known = new Map(tokens.map((token, index) => [token, index]));
  const merges = tokens.flatMap((token, index) => {
    const characters = [...token];
    return characters.slice(1).flatMap((_, at) => {
      const left = characters.slice(0, at + 1).join("");
      const right = characters.slice(at + 1).join("");
      const ids = [known.get(left), known.get(right)];
      if (ids[0] === undefined || ids[1] === undefined) return [];
      return [{ pair: [left, right] as const, order: [-(scores[index] ?? 0), index, ids[0], ids[1]] }];
    });
  });
  merges.sort((a, b) => a.order.reduce((sign, value, i) => sign || value - b.order[i]!, 0));
  return {
    normalizer: {
      type: "Sequence",
      normalizers: [
        ...(addsSpace ? [{ type: "Prepend", prepend: "▁" }] : []),
        { type: "Replace", pattern: { String: " " }, content: "▁" },
      ],
    },
    pre_tokenizer: null,
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: "▁" }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
        ...(addsSpace ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      ...BPE,
      unk_token: unknown,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab,
      merges: merges.map(({ pair }) => pair),
    },
  };
}

const BPE = { type: "BPE", dropout: null, continuing_subword_prefix: null, end_of_word_suffix: null };
