import type { Compute } from "../model/model.js";
import type { DecoderConfig } from "./decoder-config.js";
import type { StoredWeights } from "./decoder-weights.js";

/** Bytes that an engine asks for, all of it in one memory of WebAssembly. */
export interface MemoryNeed {
  readonly compute: Compute;
  readonly weightsBytes: number;
  readonly contextBytes: number;
  readonly storeBytes: number;
}

/** The most that a memory of WebAssembly can have. */
const MOST_BYTES = 2 ** 32 - 2 ** 20;

/** What a model needs whose weights are kept as `compute` says; small buffers are left out. */
export function memoryNeed(
  { shape, tiedHead }: Pick<DecoderConfig, "shape" | "tiedHead">,
  { ids, integerBytes }: Pick<StoredWeights, "ids" | "integerBytes">,
  compute: Compute,
  { maxTokens, kvTokens }: { readonly maxTokens: number; readonly kvTokens: number },
): MemoryNeed {
  const { layers, width, heads, kvHeads, headWidth, hidden } = shape;
  const kvRow = 2 * kvHeads * headWidth;
  const inner = heads * headWidth;
  const layer = (inner + kvRow) * width + inner * width + 3 * hidden * width;
  const weights = layers * layer + (tiedHead ? 1 : 2) * ids * width;
  // As attention reads it: in fp32, or rounded to 16 bits with a scale for each key and each value of a head.
  const packedBytes = compute === "f32" ? 4 * kvRow : 2 * kvRow + 8 * kvHeads;
  // Keys and values twice, so packed and as computed; then one layer's residual stream, queries, keys and values, and the rotary
  // table.
  const tokenBytes = layers * (packedBytes + 4 * kvRow) + 4 * (width + inner + kvRow + headWidth);
  return {
    compute,
    weightsBytes: compute === "f32" ? 4 * weights : integerBytes,
    contextBytes: maxTokens * tokenBytes,
    storeBytes: 4 * kvTokens * kvRow * layers,
  };
}

/**
 * Throws a plain Error, with the numbers, when a model does not fit into WebAssembly's memory or this machine's.
 *
 * @param availableBytes what the machine has left
 */
export function requireMemory(
  need: MemoryNeed,
  { maxTokens, kvTokens }: { readonly maxTokens: number; readonly kvTokens: number },
  availableBytes: number,
): void {
  const { compute, weightsBytes, contextBytes, storeBytes } = need;
  const kept = compute === "f32" ? "fp32" : "8 bits";
  const bytes = weightsBytes + contextBytes + storeBytes;
  if (bytes <= Math.min(MOST_BYTES, availableBytes)) return;
  const limit =
    bytes > availableBytes
      ? `this machine has ${gigabytes(availableBytes)} left`
      : `WebAssembly has at most ${gigabytes(MOST_BYTES)}`;
  throw new Error(
    `it needs ${gigabytes(bytes)} of memory, and ${limit}: ${gigabytes(weightsBytes)} for its weights in ${kept}, ` +
      `${gigabytes(contextBytes)} for a context of ${maxTokens} tokens, ${gigabytes(storeBytes)} for a KV cache of ` +
      `${kvTokens} tokens`,
  );
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
