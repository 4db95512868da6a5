import { type CacheEvidence, cacheEvidence, type StoredChunks } from "../../client/cache-evidence.js";
import { timingSeconds } from "../../client/event/server-times.js";
import { promptDetail, promptShare } from "../../client/event/told-count.js";
import type { TimedCompletion } from "../../client/request.js";
import type { Server } from "../../client/server.js";
import { withServerCounters } from "../../client/server-counters.js";
import { MethodRefused } from "../../domain/errors/errors.js";
import type { JsonObject } from "../../domain/json.js";
import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";
import { METHODS, type MethodName } from "../../domain/records/methods.js";
import { type PromptIds, wholeIds } from "../../domain/records/prompt-ids.js";
import { coldMeansOf } from "../request/cold-means-of.js";
import { force } from "../request/force.js";
import type { Method } from "../request/method.js";
import { promptIds } from "../request/prompt-ids.js";
import type { ChunkStore, Stored } from "./chunk-store.js";
import { recognisedStore } from "./recognised-store.js";
import { type Recompute, recomputeTokens, settingOf, whyNot } from "./recompute.js";

/** What was stored for one prompt, and the fields that find it. */
interface Prepared {
  readonly fields: JsonObject;
  readonly stored: Stored;
}

/** A method that reuses the KV of chunks at any position, recomputing a part of it or nothing. */
export function chunkReuse(
  server: Server,
  name: MethodName,
  recompute: Recompute,
  given: ChunkStore | undefined,
): Method {
  const { title } = METHODS[name];
  // If a store is given, its abilities are known; the embedded engine can do everything.
  const setting = settingOf(recompute, given?.choosesTokens ?? true);
  const recomputeRatio = setting.recompute_ratio;
  const prepared = new WeakMap<ChunkedPrompt, Prepared>();
  const findStore = async (): Promise<ChunkStore> => {
    const store = given ?? (await recognisedStore(server));
    if (store === null) {
      throw new MethodRefused(
        title,
        `${server.url} gives no sign that it caches chunks independently. If it is vLLM with LMCache's blending, ` +
          "say so (--lmcache, { chunks: methods.lmcache() }); prefix caching alone can't do it.",
      );
    }
    const reason = whyNot(recompute, store.choosesTokens) ?? (await store.refusalOf?.(server, recompute));
    if (reason == null) return store;
    throw new MethodRefused(title, `${server.url} can't be asked for it: ${reason}`);
  };
  let found: Promise<ChunkStore> | null = null;
  const storeOf = (): Promise<ChunkStore> => {
    found ??= findStore();
    return found;
  };
  const idsOf = async (prompt: ChunkedPrompt) =>
    prompt.ids ?? promptIds(title, server, prompt, (await storeOf()).joining);
  return {
    name,
    ...{ recomputeRatio, setting },
    server,
    givenJoining: given?.joining ?? null,
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
      const ids = await idsOf(prompt);
      const request = store.request(ids, recompute);
      const { completion } = await withServerCounters(server, () =>
        server.complete({
          ...request,
          ...asked,
          body: { ...fields, ...request.body },
          ...(signal && { signal }),
        }),
      );
      const recomputed_tokens = promptDetail(completion.usage, "recomputed_tokens");
      return {
        completion,
        columns: {
          method: name,
          ...setting,
          load_seconds: timingSeconds(completion, "load_ms"),
          server_prefill_seconds: timingSeconds(completion, "prefill_ms"),
          recomputed_tokens,
          recomputed_ratio: promptShare(completion.usage, "recomputed_ratio"),
        },
        ...evidenceOf(stored, completion, recomputeReport(ids, stored, store, recomputed_tokens)),
      };
    },
    async force(prompt, tokens, signal) {
      const { fields, stored } = prepared.get(prompt) ?? { fields: {}, stored: null };
      const store = await storeOf();
      const ids = await idsOf(prompt);
      const { body } = store.request(ids, recompute);
      const text = { prompt: wholeIds(ids), forced: tokens, body: { ...fields, ...body } };
      return force(server, text, signal, (told) =>
        evidenceOf(
          stored,
          told,
          recomputeReport(ids, stored, store, promptDetail(told.usage, "recomputed_tokens")),
        ),
      );
    },
    async underLoad(format, salt) {
      const store = await storeOf();
      // One salt for the whole load: its requests find the chunks that were stored in advance.
      const fields = (await coldMeansOf(server, { format })).next(salt).repeat;
      return {
        prefixGrid: null,
        store: async (prompt, signal) => store.collect(title, server, await idsOf(prompt), fields, signal),
        async posted(prompt, asked) {
          const request = store.request(await idsOf(prompt), recompute);
          return server.posted({ ...request, ...asked, body: { ...fields, ...request.body } });
        },
        evidence: (prompt, { recomputed_tokens, ...report }, { prefixTokens, chunkTokens }) => {
          const stored = {
            collect_seconds: null,
            storedTokens: chunkTokens,
            prefixTokens,
            foundTokens: null,
          };
          return evidenceOf(
            stored,
            { ...report, cached_tokens_source: report.cached_tokens_source },
            recomputeReport(prompt.ids!, stored, store, recomputed_tokens),
          );
        },
      };
    },
  };

  function recomputeReport(
    ids: PromptIds,
    stored: Stored | null,
    { choosesRatio }: ChunkStore,
    recomputedTokens: number | null,
  ): RecomputeReport {
    return {
      recomputeTokens: recomputeTokens(recompute, stored?.storedTokens ?? 0, ids),
      recomputedTokens,
      tellsRecomputed: choosesRatio,
    };
  }
}

type RecomputeReport = Pick<StoredChunks, "recomputeTokens" | "recomputedTokens" | "tellsRecomputed">;

function evidenceOf(
  stored: Stored | null,
  completion: Pick<TimedCompletion, "cached_tokens" | "prompt_tokens"> &
    Partial<Pick<TimedCompletion, "cached_tokens_source">>,
  report: RecomputeReport,
): CacheEvidence {
  if (stored === null) {
    return { evidence: "unproven", evidence_source: null, evidence_reason: "no chunks were stored for it" };
  }
  const { storedTokens, prefixTokens, foundTokens } = stored;
  return cacheEvidence({
    arranged: { state: "chunks", ...{ storedTokens, prefixTokens, foundTokens }, ...report },
    cachedTokens: completion.cached_tokens,
    promptTokens: completion.prompt_tokens,
    ...(completion.cached_tokens_source && { source: completion.cached_tokens_source }),
  });
}
