import { own } from "../domain/own.js";
import { litellm } from "./litellm.js";
import { llamaCppPython } from "./llama-cpp-python.js";
import { llamacpp } from "./llamacpp.js";
import { ollama } from "./ollama.js";
import { openai } from "./openai.js";
import { cacheblendBridge, embeddedEngine } from "./own-servers.js";
import { type Answers, ownerOf } from "./profile/answers.js";
import { wantedSeries } from "./profile/counters.js";
import type { Profile, ProfileName, Recognised } from "./profile/profile.js";
import { sglang } from "./sglang.js";
import { vllm } from "./vllm.js";
import { vllmLmcache, vllmLmcacheServer } from "./vllm-lmcache.js";

/** A server that no profile recognises: everything that a server with OpenAI's `/v1` may have is tried. */
const unknown: Profile = {
  name: "unknown",
  title: "an unknown server",
  asks: [],
  cold: null,
  coldEverywhere: false,
  chunks: null,
  tiers: [],
  counters: null,
  proof: ["usage.prompt_tokens_details.cached_tokens", "timings.cache_n"],
  signsNeeded: 1,
  recognise: () => [],
  blockTokens: () => null,
  version: () => null,
  advice: ({ reportsCachedTokens }) => [
    ...(reportsCachedTokens
      ? []
      : ["Answers carry no cached_tokens: hits and cold requests can't be proven, only arranged."]),
    "If it is one of these servers, name it with --profile (profile): vllm, sglang, llamacpp, llama-cpp-python, ollama, litellm, openai.",
  ],
};

/**
 * All profiles, those with the more specific signs first: the engine has vLLM's counters, a proxy may pass on a server's
 * `owned_by`, and LMCache's signs appear beside vLLM's own.
 */
const PROFILES: readonly Profile[] = [
  embeddedEngine,
  cacheblendBridge,
  litellm,
  vllmLmcacheServer,
  vllmLmcache,
  vllm,
  sglang,
  llamacpp,
  openai,
  llamaCppPython,
  ollama,
  unknown,
];

export const PROFILE_NAMES: readonly ProfileName[] = PROFILES.map(({ name }) => name);

/** The lines of a scrape that any profile reads. */
export const wantedOfScrape = (): ((line: string) => boolean) =>
  wantedSeries(PROFILES.flatMap(({ counters }) => counters ?? []));

/** A profile by its name. */
export const profileNamed = (name: ProfileName): Profile =>
  PROFILES.find((profile) => profile.name === name) ?? unknown;

/** The first profile that recognises these answers. */
export function recognise(answers: Answers): Recognised {
  for (const profile of PROFILES) {
    const signs = profile.recognise(answers);
    if (signs.length > 0) return { profile, signs, sure: signs.length >= profile.signsNeeded };
  }
  return { profile: unknown, signs: [], sure: false };
}

/** The owner named by `owned_by`, whose own paths are then the only ones asked. */
const OWNERS: Readonly<Record<string, readonly Profile[]>> = {
  firsttoken: [embeddedEngine],
  "firsttoken-cacheblend-bridge": [cacheblendBridge],
  vllm: [vllm, litellm],
  sglang: [sglang, litellm],
  llamacpp: [llamacpp, litellm],
  library: [ollama, litellm],
  me: [llamaCppPython, litellm],
};

/**
 * The paths worth a GET, given only the answer to `/models`: none for OpenAI, those of the owner that `owned_by` names, else
 * all.
 */
export function pathsToAsk(answers: Answers): readonly string[] {
  const likely =
    openai.recognise(answers).length > 0 ? [openai] : (own(OWNERS, ownerOf(answers) ?? "") ?? PROFILES);
  return [...new Set(likely.flatMap(({ asks }) => asks))];
}
