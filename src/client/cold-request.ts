import { randomUUID } from "node:crypto";
import type { JsonObject } from "../domain/json.js";
import type { CacheControl } from "../domain/records/words.js";
import type { TimedCompletion } from "./request.js";
import type { Recognition } from "./server/facts.js";
import type { Server } from "./server.js";

/** The fields that keep one prompt's first request cold, and those its repeat must carry to find it. */
export interface ColdRequest {
  /** How the first one is kept cold: by a field, or by its text if the server is not known to honour any field. */
  readonly control: Extract<CacheControl, "cache_salt" | "cache_prompt_false" | "unique_prompt">;
  readonly first: JsonObject;
  readonly repeat: JsonObject;
}

/** A request field that keeps a request from what was cached before it. */
type ColdFieldName = "cache_salt" | "cache_prompt";

/** The fields worth sending to a server: its own if the server is known for certain, otherwise all of them. */
export function coldFieldsFor({
  profile,
  sure,
}: Pick<Recognition, "profile" | "sure">): readonly ColdFieldName[] {
  if (!sure) return ["cache_salt", "cache_prompt"];
  return profile.cold === null ? [] : [profile.cold];
}

/**
 * Whether a field alone keeps a request apart from everything served before it. Otherwise only a prompt that differs from its
 * first words on is cold.
 */
export const fieldKeepsApart = ({ profile, sure }: Pick<Recognition, "profile" | "sure">): boolean =>
  sure && profile.cold !== null && profile.coldEverywhere;

/**
 * Fields for a prompt of its own, new at every call, or with a salt of the caller's that several processes share.
 *
 * A salt is 36 characters of a UUID: vLLM allows 128, and none of `@ / \`.
 *
 * @example coldRequest(["cache_salt"], true)
 * // { control: "cache_salt", first: { cache_salt: "9b2e…" }, repeat: { cache_salt: "9b2e…" } }
 */
export function coldRequest(
  fields: readonly ColdFieldName[],
  sure: boolean,
  own: string = randomUUID(),
): ColdRequest {
  const salt = fields.includes("cache_salt") ? { cache_salt: own } : {};
  // The slot keeps the prompt, so the repeat is a hit; with this field the repeat would be cold too.
  const passOver = fields.includes("cache_prompt") ? { cache_prompt: false } : {};
  const [field] = fields;
  return {
    control:
      !sure || field === undefined ? "unique_prompt" : field === "cache_salt" ? field : "cache_prompt_false",
    first: { ...salt, ...passOver },
    repeat: salt,
  };
}

/** What keeps requests cold at one server, as found out by two short requests. */
export interface ColdMeans {
  /** Fields for a prompt of its own, except those the server has refused; new at every call unless a salt is given. */
  next(salt?: string): ColdRequest;
  /** Whether they keep the prompt apart from everything served before; otherwise only its text does. */
  readonly keepsApart: boolean;
  /** Tokens that the server caches of every prompt, which are its template's own; 0 if nothing is reported. */
  readonly templateTokens: number;
}

/** Sends one short request with these fields, with a text that was never sent before, and returns its length. */
export type SendShort = (
  fields: JsonObject,
) => Promise<{ readonly completion: TimedCompletion; readonly textTokens: number }>;

/**
 * Sends short requests that are not recorded, each with a text of its own, and learns from them.
 *
 * What the server reports as cached in the last of them can only be the template's own tokens, so a later request is cold
 * when it reports no more. The first carries all fields that may keep a request cold; a server that refuses them (vLLM's
 * engine V0, a strict gateway) is asked again with each alone, and then without.
 *
 * @throws what `onFailure` throws for an answer that did not end well.
 */
export async function findColdMeans(
  server: Server,
  send: SendShort,
  requests: number,
  onFailure: (completion: TimedCompletion) => never,
): Promise<ColdMeans> {
  const recognition = await server.recognise();
  const wanted = coldFieldsFor(recognition);
  // An untried field is sent only to a server that is known to accept it.
  let fields = requests > 0 || recognition.sure ? wanted : [];
  let templateTokens = 0;
  for (let request = 1; request <= requests; request++) {
    let short: Awaited<ReturnType<SendShort>>;
    if (request > 1) short = await send({});
    else ({ short, fields } = await firstTaken(send, choices(wanted)));
    if (short.completion.outcome !== "ok") onFailure(short.completion);
    templateTokens = templateOf(short);
  }
  return {
    next: (salt) => coldRequest(fields, recognition.sure, salt),
    keepsApart: fields.length > 0 && fieldKeepsApart(recognition),
    templateTokens,
  };
}

/** All fields together, each alone, none. */
function choices(wanted: readonly ColdFieldName[]): readonly (readonly ColdFieldName[])[] {
  return [wanted, ...(wanted.length > 1 ? wanted.map((field) => [field]) : []), []];
}

async function firstTaken(send: SendShort, all: readonly (readonly ColdFieldName[])[]) {
  for (const fields of all) {
    const short = await send(coldRequest(fields, true).first);
    if (fields.length === 0 || !isRefusal(short.completion.status)) return { short, fields };
  }
  throw new RangeError("the last choice is no fields at all");
}

/** How many tokens of a prompt with a new text were cached; a report that leaves no room for that text is ignored. */
function templateOf({ completion, textTokens }: Awaited<ReturnType<SendShort>>): number {
  const { cached_tokens, prompt_tokens } = completion;
  if (cached_tokens === null) return 0;
  // The count of the text may be an estimate.
  const most = prompt_tokens === null ? cached_tokens : prompt_tokens - textTokens / 2;
  return cached_tokens <= most ? cached_tokens : 0;
}

/** Statuses of a request that would fail without the field too. */
const ELSEWHERE = [401, 403, 404, 429];

/** A status that may be about a field: strict servers answer 400 or 422, careless ones 500. */
const isRefusal = (status: number | null): boolean =>
  status !== null && status >= 400 && !ELSEWHERE.includes(status);
