import type { Server } from "../client/server.js";
import { OptionError } from "../domain/errors/errors.js";
import { chunkReuse } from "./chunks/chunk-reuse.js";
import type { ChunkStore } from "./chunks/chunk-store.js";
import type { Method } from "./request/method.js";

/** How CacheBlend is run. */
export interface CacheBlendOptions {
  /** Share of the context's tokens recomputed, above 0 and at most 1; default 0.15, the paper's. */
  readonly recomputeRatio?: number;
  /** How the server stores chunks; default the embedded engine's way, on the embedded engine. */
  readonly chunks?: ChunkStore;
}

/**
 * CacheBlend: chunks' KV is reused wherever they stand, and the tokens whose KV deviates most are recomputed.
 *
 * Source: Yao et al., "CacheBlend: Fast Large Language Model Serving for RAG with Cached Knowledge Fusion", EuroSys
 * 2025.
 *
 * @param server from `connect`.
 * @throws OptionError for a ratio out of range; in a run, MethodRefused when the server can't, and ServerError when a short
 * request ahead of it fails.
 * @example methods.cacheBlend(server, { recomputeRatio: 0.15 }).recomputeRatio // 0.15
 */
export function cacheBlend(
  server: Server,
  { recomputeRatio = 0.15, chunks }: CacheBlendOptions = {},
): Method {
  if (!(recomputeRatio > 0 && recomputeRatio <= 1)) {
    throw new OptionError(
      "recomputeRatio",
      "must be above 0 and at most 1; for 0 use fullKvReuse",
      recomputeRatio,
    );
  }
  return chunkReuse(server, "cacheblend", recomputeRatio, chunks);
}
