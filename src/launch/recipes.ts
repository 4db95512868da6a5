import type { Recipe } from "./launch.js";
import { litellm } from "./litellm.js";
import { llamacpp } from "./llamacpp.js";
import { ollama } from "./ollama.js";
import { sglang } from "./sglang.js";
import { vllm } from "./vllm.js";
import { vllmLmcache } from "./vllm-lmcache.js";
import { vllmLmcacheBlend } from "./vllm-lmcache-blend.js";

/** How each server is started, by the word the command takes. */
export const RECIPES = {
  vllm,
  "vllm-lmcache": vllmLmcache,
  "vllm-lmcache-blend": vllmLmcacheBlend,
  sglang,
  llamacpp,
  ollama,
  litellm,
} as const satisfies Readonly<Record<string, Recipe>>;

/** A server that can be started. */
export type ServerName = keyof typeof RECIPES;
