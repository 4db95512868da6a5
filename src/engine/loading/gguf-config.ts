import type { Gguf } from "../files/gguf.js";
import { readTensor } from "../files/tensor-file.js";
import { type DecoderConfig, requireShape } from "./decoder-config.js";

const ARCHITECTURES = ["llama", "qwen2", "qwen3"];

/** llama.cpp keeps Llama 3's frequencies in this tensor. */
export const ROPE_DIVISORS = "rope_freqs.weight";
export const HEAD = "output.weight";

/**
 * What a GGUF file's metadata says: the architectures llama (which Mistral is, too), qwen2 and qwen3.
 *
 * Source: the GGUF specification's `[llm].…` keys.
 * @throws a plain Error that names the key at fault.
 */
export function readGgufConfig({
  metadata,
  tensors,
}: Gguf): DecoderConfig & { readonly interleaved: boolean } {
  const parts = metadata.get("split.count");
  if (typeof parts === "number" && parts > 1) {
    throw new Error(`it is one of ${parts} parts of a model; join them (llama-gguf-split --merge)`);
  }
  const architecture = metadata.get("general.architecture");
  if (typeof architecture !== "string" || !ARCHITECTURES.includes(architecture)) {
    throw new Error(
      `its general.architecture is ${String(architecture)}, which is not one of ${ARCHITECTURES.join(", ")}`,
    );
  }
  const named = (key: string) => `${architecture}.${key}`;
  const number = (key: string): number | null => {
    const value = metadata.get(named(key));
    if (value === undefined) return null;
    if (typeof value !== "number" || !(value >= 0 && Number.isFinite(value))) {
      throw new Error(
        `its ${named(key)} is ${Array.isArray(value) ? "a list" : String(value)}, which is not supported`,
      );
    }
    return value;
  };
  const required = (key: string): number => {
    const value = number(key);
    if (value === null) throw new Error(`it has no ${named(key)}`);
    return value;
  };
  const positive = (key: string): number | null => {
    const value = number(key);
    if (value === 0) throw new Error(`its ${named(key)} is 0`);
    return value;
  };
  const count = (key: string, value: number): number => {
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new Error(`its ${named(key)} is ${value}`);
  };
  const requireNone = (key: string, ...harmless: readonly number[]) => {
    const value = number(key);
    if (value !== null && !harmless.includes(value))
      throw new Error(`its ${named(key)}, ${value}, is not supported`);
  };

  const width = count("embedding_length", required("embedding_length"));
  const heads = count("attention.head_count", required("attention.head_count"));
  const headWidth = count("attention.key_length", number("attention.key_length") ?? width / heads);
  const contextTokens = count("context_length", required("context_length"));
  requireNone("attention.value_length", headWidth);
  requireNone("rope.dimension_count", headWidth);
  requireNone("expert_count", 0);
  if (metadata.get(named("attention.causal")) === false) {
    throw new Error(`its ${named("attention.causal")} is false, which is not supported`);
  }
  const window = number("attention.sliding_window") ?? 0;
  if (window !== 0 && window < contextTokens) requireNone("attention.sliding_window");
  const shape = {
    layers: count("block_count", required("block_count")),
    width,
    heads,
    kvHeads: count("attention.head_count_kv", number("attention.head_count_kv") ?? heads),
    headWidth,
    hidden: count("feed_forward_length", required("feed_forward_length")),
    ropeBase: positive("rope.freq_base") ?? 10_000,
    normEpsilon: required("attention.layer_norm_rms_epsilon"),
  };
  requireShape(shape);

  // As in llama.cpp: a factor without a type scales linearly; type `none` and a factor of 0 scale nothing.
  const kind = metadata.get(named("rope.scaling.type")) ?? "linear";
  if (kind !== "none" && kind !== "linear") {
    throw new Error(
      `its ${named("rope.scaling.type")} is ${String(kind)}, which is not supported; linear is`,
    );
  }
  requireNone("rope.scaling.attn_factor", 1);
  const stated = number("rope.scaling.factor") ?? number("rope.scale_linear") ?? 1;
  const factor = kind === "none" || stated === 0 ? 1 : stated;
  const stored = tensors.get(ROPE_DIVISORS);
  if (stored !== undefined && stored.shape.join() !== String(headWidth / 2)) {
    throw new Error(`${ROPE_DIVISORS} is [${stored.shape.join(", ")}] where [${headWidth / 2}] is needed`);
  }
  const divisors = stored === undefined ? null : readTensor(stored);
  if (divisors?.every((one) => one > 0 && Number.isFinite(one)) === false) {
    throw new Error(`${ROPE_DIVISORS} has a value that is no finite number above 0`);
  }
  const ropeDivisors =
    factor === 1 && divisors === null
      ? null
      : Array.from({ length: headWidth / 2 }, (_, i) => factor * (divisors?.[i] ?? 1));
  return {
    shape: { ...shape, ropeDivisors },
    contextTokens,
    biased: architecture === "qwen2",
    headNorms: architecture === "qwen3",
    tiedHead: !tensors.has(HEAD),
    // llama.cpp stores this architecture's rows of q and k in pairs, as its own rotation takes them.
    interleaved: architecture === "llama",
  };
}
