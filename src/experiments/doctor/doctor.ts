import { randomUUID } from "node:crypto";
import type { Recognition } from "../../client/server/facts.js";
import { hearing, type Server } from "../../client/server.js";
import type { CountedRequest } from "../../client/server-counters.js";
import { MethodRefused } from "../../domain/errors/errors.js";
import { cacheBlend } from "../../methods/cacheblend.js";
import { lmcacheChunks } from "../../methods/chunks/lmcache-chunks.js";
import { chunkedFiller } from "../../prompts/chunked-filler.js";
import { fillerText } from "../../prompts/filler.js";
import type { Tier } from "../../servers/profile/profile.js";
import { random } from "../../stats/random.js";
import { correctCounter } from "../correct-counter.js";
import { type CacheFinding, type Probe, probeChunkReuse, probePrefixCache } from "./cache-probe.js";

/** What a server supports, by its answers and a few small requests. */
export interface Diagnosis {
  readonly server: {
    readonly url: string;
    readonly profile: string;
    readonly title: string;
    readonly version: string | null;
    /** The answers it was recognised by. */
    readonly recognised_by: readonly string[];
    /** The profile was given by the caller. */
    readonly profile_named: boolean;
  };
  readonly model: string;
  readonly context_limit: { readonly tokens: number; readonly source: string } | null;
  readonly token_counter: { readonly name: string; readonly exact: boolean };
  /** What keeps a cold request from the cache: a request field, or a prompt that was never sent before. */
  readonly cold: "cache_salt" | "cache_prompt_false" | "unique_prompt";
  /** Every place where it keeps KV; `clears` is null if only clearing would show that. */
  readonly tiers: readonly { readonly tier: string; readonly clears: boolean | null; readonly how: string }[];
  /** Where cached tokens were read in the small requests; empty if nothing proves a hit. */
  readonly proof: readonly string[];
  readonly prefix_cache: CacheFinding;
  readonly chunk_reuse: CacheFinding;
  readonly server_times: { readonly queue: boolean; readonly prefill: boolean };
  /** What a load can prove: each request, if answers report cached tokens; whole blocks, if only counters do. */
  readonly under_load: "requests" | "blocks" | "nothing";
  /** What can't be measured as the server was started, why, and what would help. */
  readonly advice: readonly string[];
  /** Requests of this examination that failed. */
  readonly failures: readonly string[];
}

/**
 * Examines a server: which it is, and what it can prove about a measurement. Sends a few small prompts that were never sent
 * before, and clears nothing.
 *
 * @throws ServerError if its tokenizer fails; the signal's reason if aborted.
 */
export async function examine(asked: Server, signal?: AbortSignal): Promise<Diagnosis> {
  const server = hearing(asked, signal);
  const recognition = await server.recognise();
  const { profile } = recognition;
  const source = random(randomUUID());
  const words = source.fork("tokens");
  await correctCounter(server, (characters) => fillerText(words, characters), signal);
  const prefix = await probePrefixCache(server, source.fork("prefix"), signal);
  const chunks = prefix.requests.some(failed)
    ? { finding: notTried, requests: [] }
    : await probeChunks(server, source.fork("chunks"), signal);
  const requests = [...prefix.requests, ...chunks.requests];
  const sources = new Set(requests.flatMap(({ completion }) => completion.cached_tokens_source ?? []));
  const own = [...sources].filter((name) => /^(usage|timings)\./.test(name));
  return {
    server: {
      url: server.url,
      profile: profile.name,
      title: profile.title,
      version: recognition.version,
      recognised_by: recognition.signs,
      profile_named: recognition.named,
    },
    model: server.model,
    context_limit: server.contextLimit,
    token_counter: { name: server.tokens.name, exact: server.tokens.exact },
    cold:
      profile.cold === null || !recognition.sure
        ? "unique_prompt"
        : profile.cold === "cache_salt"
          ? "cache_salt"
          : "cache_prompt_false",
    tiers: profile.tiers.map((tier) => describeTier(tier, recognition)),
    proof: [...sources],
    prefix_cache: prefix.finding,
    chunk_reuse: chunks.finding,
    server_times: {
      queue: requests.some(({ server_queue_seconds }) => server_queue_seconds !== null),
      prefill: requests.some(({ server_prefill_seconds }) => server_prefill_seconds !== null),
    },
    under_load: own.length > 0 ? "requests" : sources.size > 0 ? "blocks" : "nothing",
    advice: recognition.advise({
      reportsCachedTokens: own.length > 0,
      countersTell: sources.size > own.length,
    }),
    failures: requests.filter(failed).flatMap(({ completion }) => completion.error ?? []),
  };
}

const failed = ({ completion }: CountedRequest): boolean => completion.outcome !== "ok";

const notTried: CacheFinding = { state: "not_told", seen: "not tried, because the earlier requests failed" };

const STATES = { proven: "on", contradicted: "off", unproven: "not_told" } as const;

/** Chunks named in the server's own way, if it has one. */
async function probeChunks(
  server: Server,
  source: ReturnType<typeof random>,
  signal?: AbortSignal,
): Promise<Probe> {
  const { chunks } = (await server.recognise()).profile;
  if (chunks === null) return probeChunkReuse(server, source, signal);
  const method = cacheBlend(server, chunks === "separator" ? { chunks: lmcacheChunks() } : {});
  try {
    const prompt = await chunkedFiller(source, server.tokens, { tokens: 1_024, chunks: 3 });
    await method.prepare(prompt, signal);
    const { completion, evidence, evidence_reason } = await method.ask(prompt, { maxTokens: 1, signal });
    const request = { completion, server_queue_seconds: null, server_prefill_seconds: null };
    if (completion.outcome !== "ok" || completion.cached_tokens === null) {
      const why = completion.error ?? "the server reports no cached tokens";
      return { finding: { state: "not_told", seen: why }, requests: [request] };
    }
    const how = chunks === "separator" ? ', joined by " # # "' : "";
    return {
      finding: {
        state: STATES[evidence],
        seen:
          `of three chunks served separately${how}, ${completion.cached_tokens} of the prompt's ` +
          `${completion.prompt_tokens} tokens came from a cache${evidence_reason === null ? "" : `: ${evidence_reason}`}`,
      },
      requests: [request],
    };
  } catch (error) {
    if (!(error instanceof MethodRefused)) throw error;
    return { finding: { state: "not_told", seen: error.message }, requests: [] };
  }
}

function describeTier({ name, clear, otherwise }: Tier, { exists, hasCacheServer }: Recognition) {
  if (clear === null) return { tier: name, clears: false, how: otherwise };
  const how = `${clear.method} ${clear.path}`;
  if (clear.at === "cache server") {
    return hasCacheServer
      ? { tier: name, clears: null, how: `${how} of the cache server` }
      : { tier: name, clears: false, how: otherwise };
  }
  // Only a path that was asked can be judged; asking SGLang's or Ollama's would clear the cache.
  const there = exists(clear.path.replace(/\?.*$/, ""));
  return there === false ? { tier: name, clears: false, how: otherwise } : { tier: name, clears: there, how };
}
