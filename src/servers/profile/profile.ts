import type { Answers } from "./answers.js";
import type { Counters } from "./counters.js";

/** The servers this package knows. */
export type ProfileName =
  | "vllm"
  | "vllm-lmcache"
  | "vllm-lmcache-server"
  | "sglang"
  | "llamacpp"
  | "llama-cpp-python"
  | "ollama"
  | "litellm"
  | "openai"
  | "embedded-engine"
  | "cacheblend-bridge"
  | "unknown";

/** What a profile knows of its kind of server, whichever one stands at an address. */
export interface Profile {
  readonly name: ProfileName;
  /** The name as prose has it. */
  readonly title: string;
  /** Paths below the root whose GET tells more of it; each is harmless. */
  readonly asks: readonly string[];
  /** The best field that keeps one request from what was cached before it; see {@link ColdField}. */
  readonly cold: ColdField;
  /** Whether that field is heeded wherever KV is kept; a store beside the server may not look at it. */
  readonly coldEverywhere: boolean;
  /** How a request names chunks that are cached each by itself; null where none are. */
  readonly chunks: "cache_field" | "separator" | null;
  /** Where it keeps KV, nearest first, and how each is cleared. */
  readonly tiers: readonly Tier[];
  /** Null where its counters tell nothing of a single request. */
  readonly counters: Counters | null;
  /** What of its own report proves a hit, in words. */
  readonly proof: readonly string[];
  /** The answers that show it is this one, in words; none where they don't. */
  recognise(answers: Answers): readonly string[];
  /** How many signs make it certain: 1 where each is its own name, 2 where others give one of them too. */
  readonly signsNeeded: 1 | 2;
  /**
   * The fewest tokens its prefix cache takes or leaves, as its answers or its kind tell; null where neither does.
   */
  blockTokens(answers: Answers): number | null;
  version(answers: Answers): string | null;
  /** What can't be measured as it was started, and the flag that would help. */
  advice(findings: Findings): readonly string[];
}

/**
 * A request field that makes one request cold: `cache_salt`, one of its own, which its repeat shares; or `cache_prompt`,
 * false, whose repeat finds the prompt all the same. Null where only a unique prompt is cold.
 */
export type ColdField = "cache_salt" | "cache_prompt" | null;

/** One place where KV is kept. */
export interface Tier {
  readonly name: string;
  /** Null where no request clears it. */
  readonly clear: ClearRoute | null;
  /** What to do where it can't be cleared by a request, or before it can. */
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

/** What an examination has seen of a server. */
export interface Findings {
  readonly answers: Answers;
  /** Answers carry the number of cached tokens. */
  readonly reportsCachedTokens: boolean;
  /** The counters told of a request. */
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
 * What gives a server room for longer prompts, as an instruction.
 *
 * Source: Ollama's `docs/faq.md`, llama.cpp `tools/server/README.md`.
 *
 * @example longerContext("llamacpp") // "start llama-server with a larger -c, which the slots of -np share"
 */
export function longerContext(server: ProfileName): string {
  return HOW[server] ?? "start the server with a longer context, or ask for a shorter one";
}
