import type { Server } from "../client/server.js";
import { chunkReuse } from "./chunks/chunk-reuse.js";
import type { ChunkStore } from "./chunks/chunk-store.js";
import type { Method } from "./request/method.js";

/**
 * Full KV reuse: chunks' KV, computed for each alone, is taken as it is wherever they stand; only the question is
 * computed. CacheBlend at ratio 0.
 *
 * The baseline that CacheBlend is compared with in Yao et al., EuroSys 2025.
 *
 * @param server from `connect`.
 * @throws in a run, MethodRefused when the server can't, and ServerError when a short request ahead of it fails.
 * @example methods.fullKvReuse(server).recomputeRatio // 0
 */
export function fullKvReuse(
  server: Server,
  {
    chunks,
  }: {
    /** How the server stores chunks; default the embedded engine's way, on the embedded engine. */
    readonly chunks?: ChunkStore;
  } = {},
): Method {
  return chunkReuse(server, "full_kv_reuse", { of: "nothing" }, chunks);
}
