import type { Server } from "../client/server.js";
import { chunkReuse } from "./chunks/chunk-reuse.js";
import type { ChunkStore } from "./chunks/chunk-store.js";
import type { Method } from "./request/method.js";

/**
 * Full KV reuse: the KV of chunks, each computed alone, is used unchanged at any position; only the question is computed.
 * CacheBlend at ratio 0.
 *
 * The baseline that CacheBlend is compared with in Yao et al., EuroSys 2025.
 *
 * @param server from `connect`.
 * @throws in a run, MethodRefused if the server can't, and ServerError if a short preparatory request fails.
 * @example methods.fullKvReuse(server).recomputeRatio // 0
 */
export function fullKvReuse(
  server: Server,
  {
    chunks,
  }: {
    /** How the server stores chunks; default that of the embedded engine. */
    readonly chunks?: ChunkStore;
  } = {},
): Method {
  return chunkReuse(server, "full_kv_reuse", { of: "nothing" }, chunks);
}
