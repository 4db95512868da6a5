import { randomUUID } from "node:crypto";
import type { CacheControl } from "../domain/records/words.js";
import type { JsonObject } from "./event/delta.js";
import type { Recognition } from "./server/recognition.js";

/** The fields that keep one prompt's first request cold, and those its repeat must carry to find it. */
export interface ColdRequest {
  /** How the first one is kept cold: by a field, or by its text, where no field is known to be heeded. */
  readonly control: Extract<CacheControl, "cache_salt" | "cache_prompt_false" | "unique_prompt">;
  readonly first: JsonObject;
  readonly repeat: JsonObject;
}

/** A request field that keeps a request from what was cached before it. */
export type ColdFieldName = "cache_salt" | "cache_prompt";

/** The fields worth sending to a server: its own, where it is known for certain; else all there are. */
export function coldFieldsFor({
  profile,
  sure,
}: Pick<Recognition, "profile" | "sure">): readonly ColdFieldName[] {
  if (!sure) return ["cache_salt", "cache_prompt"];
  return profile.cold === null ? [] : [profile.cold];
}

/**
 * Whether a field alone keeps a request from everything that was served before it. Where none does, only a prompt that
 * differs from its first words on is cold.
 */
export const fieldKeepsApart = ({ profile, sure }: Pick<Recognition, "profile" | "sure">): boolean =>
  sure && profile.cold !== null && profile.coldEverywhere;

/**
 * Fields for a prompt of its own, new at every call.
 *
 * A salt is 36 characters of a UUID: vLLM allows 128, and none of `@ / \`.
 *
 * @example coldRequest(["cache_salt"], true)
 * // { control: "cache_salt", first: { cache_salt: "9b2e…" }, repeat: { cache_salt: "9b2e…" } }
 */
export function coldRequest(fields: readonly ColdFieldName[], sure: boolean): ColdRequest {
  const salt = fields.includes("cache_salt") ? { cache_salt: randomUUID() } : {};
  // The slot keeps the prompt, so its repeat is a hit; asking the repeat not to look would make it cold too.
  const passOver = fields.includes("cache_prompt") ? { cache_prompt: false } : {};
  const [field] = fields;
  return {
    control:
      !sure || field === undefined ? "unique_prompt" : field === "cache_salt" ? field : "cache_prompt_false",
    first: { ...salt, ...passOver },
    repeat: salt,
  };
}
