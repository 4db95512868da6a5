import type { Server } from "../client/server.js";
import { OptionError } from "../domain/errors/errors.js";
import { chunkReuse } from "./chunks/chunk-reuse.js";
import type { ChunkStore } from "./chunks/chunk-store.js";
import type { Method } from "./request/method.js";

/** How EPIC is run. */
export interface EpicOptions {
  /** The first tokens of every chunk but the first that are recomputed, a whole number from 0; default 16, the paper's LegoLink-16. */
  readonly tokensPerChunk?: number;
  /** How the server stores chunks; default the embedded engine's way, which alone can be told which tokens to recompute. */
  readonly chunks?: ChunkStore;
}

/**
 * EPIC's LegoLink: chunks' KV is reused wherever they stand, and the first tokens of each are recomputed, where a chunk that
 * was computed alone has the attention of a prompt's beginning. No token is compared and none chosen.
 *
 * Source: Hu et al., "EPIC: Efficient Position-Independent Caching for Serving Large Language Models", ICML 2025,
 * https://arxiv.org/abs/2410.15332.
 *
 * @param server from `connect`; the embedded engine.
 * @throws OptionError for an invalid number of tokens; in a run, MethodRefused when the server can't, and ServerError when
 * a short request ahead of it fails.
 * @example methods.epic(server, { tokensPerChunk: 16 }).name // "epic"
 */
export function epic(server: Server, { tokensPerChunk = 16, chunks }: EpicOptions = {}): Method {
  if (!(Number.isSafeInteger(tokensPerChunk) && tokensPerChunk >= 0)) {
    throw new OptionError("tokensPerChunk", "must be a whole number from 0", tokensPerChunk);
  }
  return chunkReuse(server, "epic", { of: "beginnings", tokensPerChunk }, chunks);
}
