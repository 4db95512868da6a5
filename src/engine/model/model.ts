import { z } from "zod";
import { FirstTokenError, OptionError } from "../../domain/errors/errors.js";
import { random } from "../../stats/random.js";
import { readSafetensors, type Tensor } from "../files/safetensors.js";
import type { StoredPart } from "../files/stored-part.js";
import type { ModelTokenizer } from "./model-tokenizer.js";
import { MAX_TOKENS, MODELS, modelNames } from "./own-models.js";

/** The shape of a decoder: RMSNorm, rotary positions, attention (grouped where kvHeads < heads), SwiGLU. */
export interface ModelShape {
  readonly layers: number;
  /** Floats of a token between the layers. */
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headWidth: number;
  /** Floats of a token inside SwiGLU. */
  readonly hidden: number;
  readonly ropeBase: number;
  /** Divisors of the rotary frequency of each pair of dimensions, if a model has them. */
  readonly ropeDivisors?: readonly number[] | null;
  readonly normEpsilon: number;
}

/**
 * How matrices are multiplied: weights and activations in fp32; or with weights as 8-bit codes, exactly as in a quantised
 * file, and activations rounded to 16 or 8 bits, with a scale for each 32 neighbours.
 */
export type Compute = "f32" | "i16" | "i8";

export const COMPUTES: readonly Compute[] = ["f32", "i16", "i8"];

/** The codes that fp32 weights are rounded to; with 8-bit activations a code may have 7 bits. */
export const mostCode = (compute: Exclude<Compute, "f32">): number => (compute === "i8" ? 63 : 127);

/** A matrix's weights, row-major [out][in]; or the parts of a file that are its rows, one below the other. */
export type Matrix = Float32Array | readonly StoredPart[];

/** One layer's weights: qkv = [q | k | v], gateUp = [gate | up]. */
export interface LayerWeights<M extends Matrix = Matrix> {
  readonly attentionNorm: Float32Array;
  readonly qkv: M;
  /** Added to q, k and v, if a model does so. */
  readonly qkvBias?: Float32Array | null;
  /** RMSNorm of every head's q and k before they are rotated, if a model has it. */
  readonly headNorms?: { readonly query: Float32Array; readonly key: Float32Array } | null;
  readonly output: M;
  readonly feedForwardNorm: Float32Array;
  readonly gateUp: M;
  readonly down: M;
}

/** A decoder's weights. Vectors may be read from the file at each access, so access them once. */
export interface DecoderWeights<M extends Matrix = Matrix> {
  /** Embeddings of all ids, [ids][width]. */
  readonly embedding: M;
  /** The matrix for the logits, [ids][width]; null if it is the embeddings. */
  readonly head?: M | null;
  readonly layers: readonly LayerWeights<M>[];
  readonly finalNorm: Float32Array;
}

/** What the transformer computes with. */
export interface Decoder<M extends Matrix = Matrix> extends DecoderWeights<M> {
  readonly name: string;
  /** Default `f32`. */
  readonly compute?: Compute;
  readonly shape: ModelShape;
  /** The most tokens of a prompt and its answer together. */
  readonly maxTokens: number;
  /** Only ids below this are ever generated. */
  readonly generatedIds: number;
}

/** A model of words, such as those of `models/`. */
export interface Model extends Decoder<Float32Array> {
  /** The words with an id of their own, by id. Ids after them stand for hashed words. */
  readonly words: readonly string[];
  /** Whether `<eos>` ends an answer; with random weights it would come by accident. */
  readonly stopsAtEos: boolean;
}

/** A language model, such as those that Hugging Face's folders and GGUF files hold. */
export interface LanguageModel extends Decoder {
  /** What share of its weights is rounded to 8 bits as they are read, 0 to 1. */
  readonly roundedShare: number;
  readonly tokenizer: ModelTokenizer;
}

const SPARE_IDS = 1024;
const BENCH_IDS = 2048;

/** @throws OptionError if there is no model with that name. */
export function loadModel(name: string): Model {
  if (!modelNames().includes(name)) {
    throw new OptionError("model", `must be one of ${modelNames().join(", ")}`, name);
  }
  return name === "bench" ? benchModel() : readModel(name, new URL(`${name}.safetensors`, MODELS));
}

const SHAPE = z.object({
  layers: z.int().positive(),
  width: z.int().positive().multipleOf(8),
  heads: z.int().positive(),
  kv_heads: z.int().positive().optional(),
  head_width: z.int().positive().multipleOf(8),
  hidden: z.int().positive().multipleOf(8),
  rope_base: z.number().positive(),
  norm_epsilon: z.number().positive(),
});

/**
 * A trained model. Its file's metadata holds `config` (JSON with the keys of SHAPE above) and `words` (a JSON array:
 * the vocabulary by id); its tensors are `e.weight`, `n.w` and per layer `b.<l>.` `n1.w qkv.weight o.weight n2.w
 * w1.weight w2.weight`, weights [out, in], w1 = [gate; up].
 */
export function readModel(name: string, path: URL): Model {
  const { metadata, tensors } = readSafetensors(path);
  const wrong = (what: string, cause?: unknown) =>
    new FirstTokenError(`${path.pathname} is not a model of this engine: ${what}.`, { cause });
  const json = (key: string): unknown => {
    const text = metadata.get(key);
    if (text === undefined) throw wrong(`its metadata has no ${key}`);
    return JSON.parse(text);
  };
  const parsed = SHAPE.safeParse(json("config"));
  if (!parsed.success) throw wrong(z.prettifyError(parsed.error), parsed.error);
  const { kv_heads, head_width, rope_base, norm_epsilon, ...rest } = parsed.data;
  const shape: ModelShape = {
    ...rest,
    kvHeads: kv_heads ?? rest.heads,
    headWidth: head_width,
    ropeBase: rope_base,
    normEpsilon: norm_epsilon,
  };
  const words = z.array(z.string().min(1)).parse(json("words"));

  const tensor = (key: string, expected: readonly number[]): Float32Array => {
    const found: Tensor | undefined = tensors.get(key);
    if (found === undefined) throw wrong(`it has no tensor ${key}`);
    if (found.shape.join() !== expected.join()) {
      throw wrong(`${key} is [${found.shape.join(", ")}] where [${expected.join(", ")}] is needed`);
    }
    return found.data;
  };
  const { width, hidden, heads, kvHeads, headWidth } = shape;
  const trained = tensor("e.weight", [words.length, width]);
  return {
    name,
    shape,
    maxTokens: MAX_TOKENS,
    words,
    embedding: withSpares(trained, SPARE_IDS, width),
    generatedIds: words.length,
    stopsAtEos: true,
    finalNorm: tensor("n.w", [width]),
    layers: Array.from({ length: shape.layers }, (_, layer) => {
      const of = (key: string, expected: readonly number[]) => tensor(`b.${layer}.${key}`, expected);
      return {
        attentionNorm: of("n1.w", [width]),
        qkv: of("qkv.weight", [(heads + 2 * kvHeads) * headWidth, width]),
        output: of("o.weight", [width, heads * headWidth]),
        feedForwardNorm: of("n2.w", [width]),
        gateUp: of("w1.weight", [2 * hidden, width]),
        down: of("w2.weight", [width, hidden]),
      };
    }),
  };
}

/** Adds untrained embeddings, as long as the trained ones are on average, for words the model does not know. */
function withSpares(trained: Float32Array, spares: number, width: number): Float32Array {
  const deviation = Math.sqrt(trained.reduce((sum, value) => sum + value * value, 0) / trained.length);
  const all = new Float32Array(trained.length + spares * width);
  all.set(trained);
  all.set(uniform(random("spare words"), spares * width, deviation), trained.length);
  return all;
}

/** For timing at a realistic shape: 6 layers of width 256, random weights, and the tiny model's words. */
function benchModel(): Model {
  const shape: ModelShape = {
    layers: 6,
    width: 256,
    heads: 8,
    kvHeads: 4,
    headWidth: 32,
    hidden: 688,
    ropeBase: 10_000,
    normEpsilon: 1e-6,
  };
  const { width, hidden, heads, kvHeads, headWidth } = shape;
  const source = random("bench");
  const ones = new Float32Array(width).fill(1);
  const matrix = (outputs: number, inputs: number) =>
    uniform(source, outputs * inputs, 1 / Math.sqrt(inputs));
  return {
    name: "bench",
    shape,
    maxTokens: MAX_TOKENS,
    words: readModel("tiny", new URL("tiny.safetensors", MODELS)).words,
    embedding: uniform(source, BENCH_IDS * width, 1),
    generatedIds: BENCH_IDS,
    stopsAtEos: false,
    finalNorm: ones,
    layers: Array.from({ length: shape.layers }, () => ({
      attentionNorm: ones,
      qkv: matrix((heads + 2 * kvHeads) * headWidth, width),
      output: matrix(width, heads * headWidth),
      feedForwardNorm: ones,
      gateUp: matrix(2 * hidden, width),
      down: matrix(width, hidden),
    })),
  };
}

/** Uniform numbers with mean 0 and the given standard deviation. */
function uniform(source: () => number, count: number, deviation: number): Float32Array {
  const reach = deviation * Math.sqrt(12);
  return Float32Array.from({ length: count }, () => (source() - 0.5) * reach);
}
