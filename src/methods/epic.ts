import type { Server } from "../client/server.js";
import { OptionError } from "../domain/errors/errors.js";
import { chunkReuse } from "./chunks/chunk-reuse.js";
import type { ChunkStore } from "./chunks/chunk-store.js";
import type { Method } from "./request/method.js";

/** Options of EPIC. */
export interface EpicOptions {
  /**
   * How many tokens at the beginning of every chunk after the first are recomputed, a whole number from 0; default 16, the
   * paper's LegoLink-16.
   */
  readonly tokensPerChunk?: number;
  /**
   * How the server stores chunks; default that of the embedded engine, the only one that accepts which tokens to recompute.
   */
  readonly chunks?: ChunkStore;
}

/**
 * EPIC's LegoLink: the KV of chunks is reused at any position, and the first tokens of each are recomputed, because there a
 * chunk computed alone attends as at the beginning of a prompt. Tokens are neither compared nor chosen.
 *
 * Source: Hu et al., "EPIC: Efficient Position-Independent Caching for Serving Large Language Models", ICML 2025,
 * https://arxiv.org/abs/2410.15332.
 *
 * @param server from `connect`; the embedded engine.
 * @throws OptionError for an invalid number of tokens; in a run, MethodRefused if the server can't, and ServerError if a
 * short preparatory request fails.
 * @example methods.epic(server, { tokensPerChunk: 16 }).name // "epic"
 */
export function epic(server: Server, { tokensPerChunk = 16, chunks }: EpicOptions = {}): Method {
  if (!(Number.isSafeInteger(tokensPerChunk) && tokensPerChunk >= 0)) {
    throw new OptionError("tokensPerChunk", "must be a whole number from 0", tokensPerChunk);
  }
  return chunkReuse(server, "epic", { of: "beginnings", tokensPerChunk }, chunks);
}
