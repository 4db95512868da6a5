import { own } from "../domain/json.js";
import { litellm } from "./litellm.js";
import { llamaCppPython } from "./llama-cpp-python.js";
import { llamacpp } from "./llamacpp.js";
import { ollama } from "./ollama.js";
import { openai } from "./openai.js";
import { cacheblendBridge, embeddedEngine } from "./own-servers.js";
import { type Answers, ownerOf } from "./profile/answers.js";
import { wantedSeries } from "./profile/counters.js";
import { PROFILE_NAMES, type Profile, type ProfileName, type Recognised } from "./profile/profile.js";
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

const BY_NAME: Readonly<Record<ProfileName, Profile>> = {
  "embedded-engine": embeddedEngine,
  "cacheblend-bridge": cacheblendBridge,
  litellm,
  "vllm-lmcache-server": vllmLmcacheServer,
  "vllm-lmcache": vllmLmcache,
  vllm,
  sglang,
  llamacpp,
  openai,
  "llama-cpp-python": llamaCppPython,
  ollama,
  unknown,
};

/** All profiles, in the order in which they are tried. */
const PROFILES = PROFILE_NAMES.map((name) => BY_NAME[name]);

/** The lines of a scrape that any profile reads. */
export const wantedOfScrape = (): ((line: string) => boolean) =>
  wantedSeries(PROFILES.flatMap(({ counters }) => counters ?? []));

/** A profile by its name. */
export const profileNamed = (name: ProfileName): Profile => BY_NAME[name];

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
