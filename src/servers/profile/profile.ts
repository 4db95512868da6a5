import type { Answers } from "./answers.js";
import type { Counters } from "./counters.js";

/**
 * The servers this package knows, those with the more specific signs first: the engine has vLLM's counters, a proxy may pass on
 * a server's `owned_by`, and LMCache's signs appear beside vLLM's own.
 */
export const PROFILE_NAMES = [
  "embedded-engine",
  "cacheblend-bridge",
  "litellm",
  "vllm-lmcache-server",
  "vllm-lmcache",
  "vllm",
  "sglang",
  "llamacpp",
  "openai",
  "llama-cpp-python",
  "ollama",
  "unknown",
] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

/** What a profile knows about its kind of server. */
export interface Profile {
  readonly name: ProfileName;
  /** The name as written in prose. */
  readonly title: string;
  /** Paths below the root that a GET can safely ask for more information. */
  readonly asks: readonly string[];
  /** The best field that keeps one request from what was cached before it; see {@link ColdField}. */
  readonly cold: ColdField;
  /** Whether that field is honoured wherever KV is kept; a store beside the server may ignore it. */
  readonly coldEverywhere: boolean;
  /** How a request names chunks that are cached separately; null if there are none. */
  readonly chunks: "cache_field" | "separator" | null;
  /** Where it keeps KV, nearest first, and how each is cleared. */
  readonly tiers: readonly Tier[];
  /** Null if its counters say nothing about a single request. */
  readonly counters: Counters | null;
  /** Which part of its own report proves a hit, in words. */
  readonly proof: readonly string[];
  /** The answers that show it is this kind, in words; none if they don't. */
  recognise(answers: Answers): readonly string[];
  /** How many signs make it certain: 1 if each is its own name, 2 if other servers may give one of them too. */
  readonly signsNeeded: 1 | 2;
  /** The block size of its prefix cache, from its answers or its kind; null if neither shows it. */
  blockTokens(answers: Answers): number | null;
  version(answers: Answers): string | null;
  /** What can't be measured as it was started, and the flag that would help. */
  advice(findings: Findings): readonly string[];
}

/**
 * A request field that makes one request cold: `cache_salt`, one of its own, which its repeat shares; or `cache_prompt`,
 * false, whose repeat finds the prompt nevertheless. Null if only a unique prompt is cold.
 */
export type ColdField = "cache_salt" | "cache_prompt" | null;

/** A recognised server, and how it was recognised. */
export interface Recognised {
  readonly profile: Profile;
  /** The answers that show it, in words; empty for `unknown`, and if the caller named the profile. */
  readonly signs: readonly string[];
  /** Whether the signs are its own name, or two that agree; otherwise its profile is not relied on. */
  readonly sure: boolean;
}

/** One place where KV is kept. */
export interface Tier {
  readonly name: string;
  /** Null if no request clears it. */
  readonly clear: ClearRoute | null;
  /** What to do if it can't be cleared by a request, or before it can. */
  readonly otherwise: string;
}

/** A request that clears a tier. */
export interface ClearRoute {
  /** The server itself, or the store beside it (`cacheServer` of `connect`). */
  readonly at: "server" | "cache server";
  readonly method: "POST" | "DELETE";
  readonly path: string;
  /** The request's JSON, given the model. */
  readonly body?: (model: string) => unknown;
  /** What an answer of status 200 or 400 means. */
  read(answer: { readonly status: number; readonly body: string }): ClearReading;
}

/** Done, to be asked again, or an answer that does not say. */
export type ClearReading = "done" | "busy" | "unclear";

/** What an examination has found out about a server. */
export interface Findings {
  readonly answers: Answers;
  /** Answers carry the number of cached tokens. */
  readonly reportsCachedTokens: boolean;
  /** The counters described a request. */
  readonly countersTell: boolean;
  readonly hasCacheServer: boolean;
}

/**
 * A server's title with its version where the version belongs.
 *
 * @example softwareName("vLLM with an LMCache server", "0.32.0") // "vLLM 0.32.0 with an LMCache server"
 */
export function softwareName(title: string, version: string | null): string {
  if (version === null) return title;
  const [name, ...beside] = title.split(" with ");
  return [`${name} ${version}`, ...beside].join(" with ");
}

const HOW: Partial<Readonly<Record<ProfileName, string>>> = {
  ollama:
    "load the model with a larger num_ctx (OLLAMA_CONTEXT_LENGTH, or PARAMETER num_ctx of its Modelfile)",
  llamacpp: "start llama-server with a larger -c, which the slots of -np share",
  litellm: "give the server behind the proxy a longer context",
};

/**
 * How to give a server room for longer prompts, as an instruction.
 *
 * Source: Ollama's `docs/faq.md`, llama.cpp `tools/server/README.md`.
 *
 * @example longerContext("llamacpp") // "start llama-server with a larger -c, which the slots of -np share"
 */
export function longerContext(server: ProfileName): string {
  return HOW[server] ?? "start the server with a longer context, or ask for a shorter one";
}
