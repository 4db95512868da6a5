import { type CacheEvidence, cacheEvidence, type StoredChunks } from "../../client/cache-evidence.js";
import type { Server } from "../../client/server.js";
import { withServerCounters } from "../../client/server-counters.js";
import type { TimedCompletion } from "../../client/timed-completion.js";
import { MethodRefused } from "../../domain/errors/errors.js";
import type { JsonObject } from "../../domain/json.js";
import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";
import { METHODS, type MethodName } from "../../domain/records/methods.js";
import { coldMeansOf } from "../request/cold-means-of.js";
import { type Method, promptDetail, timingSeconds } from "../request/method.js";
import { promptIds } from "../request/prompt-ids.js";
import type { ChunkStore, Stored } from "./chunk-store.js";
import { recognisedStore } from "./recognised-store.js";

/** What was stored for one prompt, and the fields that find it. */
interface Prepared {
  readonly fields: JsonObject;
  readonly stored: Stored;
}

/** A method that reuses chunks' KV wherever they stand, recomputing a share of it: 0 for none. */
export function chunkReuse(
  server: Server,
  name: MethodName,
  recomputeRatio: number,
  given: ChunkStore | undefined,
): Method {
  const { title } = METHODS[name];
  const prepared = new WeakMap<ChunkedPrompt, Prepared>();
  const storeOf = async (): Promise<ChunkStore> => {
    const store = given ?? (await recognisedStore(server));
    if (store !== null) return store;
    throw new MethodRefused(
      title,
      `nothing ${server.url} says shows that it caches chunks each by itself. If it is vLLM with LMCache's blending, ` +
        "say so (--lmcache, { chunks: methods.lmcache() }); prefix caching alone can't do it.",
    );
  };
  const idsOf = async (prompt: ChunkedPrompt) =>
    prompt.ids ?? promptIds(title, server, prompt, (await storeOf()).joining);
  return {
    name,
    recomputeRatio,
    server,
    keepsApart: async () => (await storeOf()).keepsApart,
    joining: async () => (await storeOf()).joining,
    async prepare(prompt, signal) {
      const store = await storeOf();
      const fields = (await coldMeansOf(server, prompt)).next().repeat;
      const stored = await store.collect(title, server, await idsOf(prompt), fields, signal);
      prepared.set(prompt, { fields, stored });
      return { collect_seconds: stored.collect_seconds };
    },
    async ask(prompt, { signal, ...asked }) {
      const { fields, stored } = prepared.get(prompt) ?? { fields: {}, stored: null };
      const store = await storeOf();
      const request = store.request(await idsOf(prompt), recomputeRatio);
      const { completion } = await withServerCounters(server, () =>
        server.complete({
          ...request,
          ...asked,
          body: { ...fields, ...request.body },
          ...(signal && { signal }),
        }),
      );
      const recomputed_tokens = promptDetail(completion, "recomputed_tokens");
      return {
        completion,
        columns: {
          method: name,
          recompute_ratio: recomputeRatio,
          load_seconds: timingSeconds(completion, "load_ms"),
          recomputed_tokens,
        },
        ...evidenceOf(stored, completion, {
          recomputedTokens: recomputed_tokens,
          tellsRecomputed: store.choosesRatio,
          recomputeRatio,
        }),
      };
    },
  };
}

function evidenceOf(
  stored: Stored | null,
  completion: TimedCompletion,
  recompute: Pick<StoredChunks, "recomputedTokens" | "tellsRecomputed"> & { readonly recomputeRatio: number },
): CacheEvidence {
  if (stored === null) {
    return { evidence: "unproven", evidence_source: null, evidence_reason: "no chunks were stored for it" };
  }
  const { storedTokens, prefixTokens, foundTokens } = stored;
  const { recomputedTokens, tellsRecomputed, recomputeRatio } = recompute;
  return cacheEvidence({
    arranged: {
      state: "chunks",
      ...{ storedTokens, prefixTokens, foundTokens, recomputedTokens, tellsRecomputed },
      recomputeTokens: Math.floor(storedTokens * recomputeRatio),
    },
    cachedTokens: completion.cached_tokens,
    promptTokens: completion.prompt_tokens,
    source: completion.cached_tokens_source,
  });
}
