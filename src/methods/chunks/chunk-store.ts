import type { CompleteRequest } from "../../client/request.js";
import type { Server } from "../../client/server.js";
import type { JsonObject } from "../../domain/json.js";
import type { PromptIds } from "../../domain/records/prompt-ids.js";
import type { Collected } from "../request/method.js";
import type { Joining } from "../request/prompt-ids.js";
import type { Recompute } from "./recompute.js";

/** How a server caches chunks separately, and how a request names them. */
export interface ChunkStore {
  /** Whether the server lets a request choose the share of tokens to recompute. */
  readonly choosesRatio: boolean;
  /** Whether it lets a request say how those tokens are chosen, or which ones they are. */
  readonly choosesTokens: boolean;
  /** Why this server does not accept such a request, by its own answer; null if it does. */
  refusalOf?(server: Server, recompute: Recompute): Promise<string | null>;
  /** Whether a salt keeps its chunks and prefixes apart from what other requests have left. */
  readonly keepsApart: boolean;
  /** How its prompts' pieces are joined. */
  readonly joining: Joining;
  /** Serves the chunks so that their KV is stored, each computed alone; `fields` go with every request. */
  collect(
    method: string,
    server: Server,
    prompt: PromptIds,
    fields: JsonObject,
    signal?: AbortSignal,
  ): Promise<Stored>;
  /** The measured request's prompt and fields. */
  request(prompt: PromptIds, recompute: Recompute): Pick<CompleteRequest, "prompt" | "body">;
}

/** What collecting has stored at the server. */
export interface Stored extends Collected {
  /** Tokens of the measured prompt that are stored, chunk by chunk. */
  readonly storedTokens: number;
  /** The measured prompt's longest common beginning with any request that collected: a prefix cache finds as much. */
  readonly prefixTokens: number;
  /** The part of that beginning that the server had already; null if it does not say. */
  readonly foundTokens: number | null;
}

/** The length of the common beginning of two lists. */
export function commonBeginning(one: readonly number[], other: readonly number[]): number {
  const shorter = Math.min(one.length, other.length);
  let length = 0;
  while (length < shorter && one[length] === other[length]) length += 1;
  return length;
}
