import { z } from "zod";
import { FILTERINGS, SELECTORS } from "../../domain/records/methods.js";
import { BLOCK_TOKENS } from "../compute/kv-store.js";
import { type Chunking, findChunks } from "../methods/chunks.js";
import type { CacheUse } from "../methods/engine.js";
import type { ModelTokenizer } from "../model/model-tokenizer.js";
import { ApiError } from "./api-error.js";
import type { Limits } from "./limits.js";

const chunking = {
  separator: z.string().min(1).optional(),
  chunks: z
    .union(
      [z.array(z.int().min(1)), z.array(z.array(z.int().min(0)).min(1))],
      "must be the number of tokens of each chunk, or the token ids of each",
    )
    .optional(),
};

/**
 * The request field `cache`: how the prompt uses the cache. Unknown keys are refused, because a misspelt one would measure
 * something else than intended.
 *
 * `full`: nothing stored is read. `prefix` (the default): the longest stored prefix. `reuse`: full KV reuse of the chunks
 * named by `chunks`: the token ids of each, which must be the prompt's own, or the number of its tokens, from the beginning
 * on (after `<bos>`); or by the text `separator` between them, or by the marker of this package's models. Ids are safer: if a
 * model's tokens join two chunks, counts of separate chunks name other tokens. `blend`: CacheBlend of them, see BlendOptions.
 * `epic`: EPIC's LegoLink, which recomputes the first `tokens_per_chunk` tokens of each.
 *
 * @example { method: "blend", recompute_ratio: 0.15, check_layer: 1, selector: "v", separator: " # # " }
 */
export const cacheField = z.discriminatedUnion("method", [
  z.strictObject({ method: z.literal("full") }),
  z.strictObject({ method: z.literal("prefix") }),
  z.strictObject({ method: z.literal("reuse"), ...chunking }),
  z.strictObject({
    method: z.literal("blend"),
    recompute_ratio: z.number().min(0).max(1).default(0.15),
    check_layer: z.int().min(1).default(1),
    selector: z.enum(SELECTORS).default("v"),
    filtering: z.enum(FILTERINGS).default("once"),
    seed: z.int().default(0),
    ...chunking,
  }),
  z.strictObject({ method: z.literal("epic"), tokens_per_chunk: z.int().min(0).default(16), ...chunking }),
]);

/** @throws ApiError 400 when the prompt or the model does not allow what the field asks for. */
export function cacheUse(field: z.infer<typeof cacheField>, prompt: Int32Array, limits: Limits): CacheUse {
  if (field.method === "full" || field.method === "prefix") return { method: field.method };
  const chunking = chunkingOf(field, limits.tokenizer);
  const counted = chunkTokens(chunking);
  if (counted > prompt.length) {
    throw new ApiError(400, `cache.chunks: has ${counted} tokens, the prompt only ${prompt.length}.`);
  }
  const pieces = findChunks(prompt, chunking, limits.tokenizer);
  if (chunking.by === "ids") requireIds(chunking.ids, prompt, limits.tokenizer.bos);
  // All of them must fit into the store at the same time.
  const blocks = pieces.chunks.reduce(
    (sum, { start, end }) => sum + Math.ceil((end - start) / BLOCK_TOKENS),
    0,
  );
  if (blocks > limits.capacityBlocks) {
    throw new ApiError(
      400,
      `The prompt's chunks take ${blocks * BLOCK_TOKENS} tokens of the KV store, which holds ` +
        `${limits.capacityBlocks * BLOCK_TOKENS}. Start the server with a larger one.`,
    );
  }
  if (field.method === "reuse") return { method: "reuse", pieces };
  if (field.method === "epic") return { method: "epic", pieces, tokensPerChunk: field.tokens_per_chunk };
  if (field.check_layer >= limits.layers) {
    throw new ApiError(400, `cache.check_layer: must be below the number of layers, ${limits.layers}.`);
  }
  return {
    method: "blend",
    pieces,
    options: {
      recomputeRatio: field.recompute_ratio,
      checkLayer: field.check_layer,
      selector: field.selector,
      filtering: field.filtering,
      seed: field.seed,
    },
  };
}

function chunkingOf(
  {
    separator,
    chunks,
  }: {
    separator?: string | undefined;
    chunks?: readonly number[] | readonly (readonly number[])[] | undefined;
  },
  tokenizer: ModelTokenizer,
): Chunking {
  if (separator !== undefined && chunks !== undefined) {
    throw new ApiError(400, "cache: takes a separator or chunks, not both.");
  }
  if (chunks !== undefined) {
    return isCounts(chunks) ? { by: "tokens", tokens: chunks } : { by: "ids", ids: chunks };
  }
  if (separator === undefined && !tokenizer.marksChunks) {
    throw new ApiError(400, "cache: must say where the chunks are, by chunks or by separator.");
  }
  if (separator === undefined) return { by: "marker" };
  if (tokenizer.encode(separator).length === 0) throw new ApiError(400, "cache.separator: has no tokens.");
  return { by: "separator", separator };
}

const isCounts = (chunks: readonly number[] | readonly (readonly number[])[]): chunks is readonly number[] =>
  chunks.every((chunk) => typeof chunk === "number");

/** How many tokens the chunks have, according to a chunking. */
function chunkTokens(chunking: Chunking): number {
  if (chunking.by === "tokens") return chunking.tokens.reduce((sum, tokens) => sum + tokens, 0);
  return chunking.by === "ids" ? chunking.ids.reduce((sum, { length }) => sum + length, 0) : 0;
}

/** @throws ApiError 400 if a chunk's ids are not those in the prompt. */
function requireIds(chunks: readonly (readonly number[])[], prompt: Int32Array, bos: number): void {
  let at = prompt[0] === bos && chunks[0]?.[0] !== bos ? 1 : 0;
  for (const [index, chunk] of chunks.entries()) {
    const differs = chunk.findIndex((id, i) => prompt[at + i] !== id);
    if (differs >= 0) {
      throw new ApiError(
        400,
        `cache.chunks.${index}: has the id ${chunk[differs]} where the prompt has ${prompt[at + differs] ?? "no more"}, at position ` +
          `${at + differs}. Tokens of a text may join two chunks: post the prompt as the ids of its pieces, too.`,
      );
    }
    at += chunk.length;
  }
}
