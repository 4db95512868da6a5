import { randomUUID } from "node:crypto";
import type { CacheControl } from "../domain/ttft-record.js";
import type { ColdField, Profile } from "../servers/profile.js";
import type { JsonObject } from "./delta.js";

/** The fields that keep one prompt's first request cold, and those its repeat must carry to find it. */
export interface ColdRequest {
  /** How the first one is kept cold, beside its text. */
  readonly control: Extract<CacheControl, "cache_salt" | "cache_prompt_false">;
  readonly first: JsonObject;
  readonly repeat: JsonObject;
}

/**
 * Fields for a prompt of its own, new at every call; null where the server heeds none.
 *
 * A salt is 36 characters of a UUID: vLLM allows 128, and none of `@ / \`.
 *
 * @example coldRequest(vllm) // { control: "cache_salt", first: { cache_salt: "9b2e…" }, repeat: { cache_salt: "9b2e…" } }
 */
export function coldRequest({ cold }: Pick<Profile, "cold">): ColdRequest | null {
  return cold === null ? null : MAKE[cold]();
}

const MAKE: Readonly<Record<NonNullable<ColdField>, () => ColdRequest>> = {
  cache_salt: () => {
    const salt = { cache_salt: randomUUID() };
    return { control: "cache_salt", first: salt, repeat: salt };
  },
  // The slot keeps the prompt, so its repeat is a hit; asking the repeat not to look would make it cold too.
  cache_prompt: () => ({ control: "cache_prompt_false", first: { cache_prompt: false }, repeat: {} }),
};
