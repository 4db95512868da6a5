import type { Server } from "../client/server.js";
import { OptionError } from "../domain/errors/errors.js";
import { FILTERINGS, type Filtering, SELECTORS, type Selector } from "../domain/records/methods.js";
import { chunkReuse } from "./chunks/chunk-reuse.js";
import type { ChunkStore } from "./chunks/chunk-store.js";
import type { Method } from "./request/method.js";

/** Options of CacheBlend. */
export interface CacheBlendOptions {
  /** Share of the context's tokens recomputed, above 0 and at most 1; default 0.15, the paper's. */
  readonly recomputeRatio?: number;
  /**
   * How tokens are chosen: by the deviation of `v` (default, as in the paper's code), of `k` (as in LMCache) or of
   * `attention`, or at `random`, as a control. Only the embedded engine supports this and the next two options.
   */
  readonly selector?: Selector;
  /**
   * The layer at which fresh and cached values are compared, from 1; the layers before it are computed for all tokens;
   * default 1.
   */
  readonly checkLayer?: number;
  /**
   * `once` (default), as in the paper's code; or `gradual`: again at every later layer, from 1.5 r down to 0.5 r, as in its
   * text.
   */
  readonly filtering?: Filtering;
  /** How the server stores chunks; default that of the embedded engine. */
  readonly chunks?: ChunkStore;
}

/**
 * CacheBlend: the KV of chunks is reused at any position, and the tokens whose KV deviates most are recomputed.
 *
 * Source: Yao et al., "CacheBlend: Fast Large Language Model Serving for RAG with Cached Knowledge Fusion", EuroSys
 * 2025.
 *
 * @param server from `connect`.
 * @throws OptionError for a ratio out of range, or an unknown choice; in a run, MethodRefused if the server can't, and
 * ServerError if a short preparatory request fails.
 * @example methods.cacheBlend(server, { recomputeRatio: 0.15 }).recomputeRatio // 0.15
 */
export function cacheBlend(
  server: Server,
  {
    recomputeRatio = 0.15,
    selector = "v",
    checkLayer = 1,
    filtering = "once",
    chunks,
  }: CacheBlendOptions = {},
): Method {
  if (!(recomputeRatio > 0 && recomputeRatio <= 1)) {
    throw new OptionError(
      "recomputeRatio",
      "must be above 0 and at most 1; for 0 use fullKvReuse",
      recomputeRatio,
    );
  }
  if (!SELECTORS.includes(selector)) {
    throw new OptionError("selector", `must be one of ${SELECTORS.join(", ")}`, selector);
  }
  if (!(Number.isSafeInteger(checkLayer) && checkLayer >= 1)) {
    throw new OptionError("checkLayer", "must be a whole number from 1", checkLayer);
  }
  if (!FILTERINGS.includes(filtering)) {
    throw new OptionError("filtering", `must be one of ${FILTERINGS.join(", ")}`, filtering);
  }
  const choice = { selector, checkLayer, filtering };
  return chunkReuse(server, "cacheblend", { of: "share", ratio: recomputeRatio, choice }, chunks);
}
