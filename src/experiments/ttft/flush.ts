import type { ColdRequest } from "../../client/cold-request.js";
import type { Server } from "../../client/server.js";
import { ServerError } from "../../domain/errors/errors.js";
import { documentChat } from "../../prompts/document.js";
import { fillerWords } from "../../prompts/filler.js";
import type { Random } from "../../stats/random.js";

/**
 * How to flush: the server's own reset, fillers that push everything else out, or the best available: a reset, else a field
 * that keeps the next request from everything cached, else fillers.
 */
export type FlushMethod = "auto" | "reset" | "filler";

/** What was done; `how` is a phrase for the console. */
export type Flush = { readonly how: string } & (
  | { readonly by: "reset" | "filler" }
  /** Nothing was evicted: the next requests must carry these fields. */
  | { readonly by: "cache_salt" | "cache_prompt_false"; readonly fields: ColdRequest }
  /** Nothing worked, and `how` says why: the next request is as warm as it was. */
  | { readonly by: "none" }
);

const BY_FIELD = {
  cache_salt: "bypassed by a new cache_salt",
  cache_prompt_false: "bypassed by cache_prompt: false",
} as const;

const FILLERS = 10;
const FILLER_CHARACTERS = 100_000;
/** If a filler is refused at this length, its length is not the reason. */
const LEAST_CHARACTERS = 200;
/** Tokens kept free for the chat template and the answer. */
const FILLER_MARGIN_TOKENS = 256;

/**
 * Empties the server's KV cache by its reset endpoint; or bypasses it with a request field that the server is known to honour
 * (`next` of the warm-up); or pushes everything out with ten one-token completions of different fillers of 100,000
 * characters, cut to the model's limit. If the limit is not reported, a refused filler is cut to the length named in the
 * refusal, or to half.
 *
 * @throws ServerError if `reset` was asked for and the server can't do it.
 */
export async function flushCache(
  server: Server,
  method: FlushMethod,
  next: () => ColdRequest,
  random: Random,
  signal?: AbortSignal,
): Promise<Flush> {
  if (method !== "filler") {
    const reset = await server.resetCache();
    if (reset.done) return { by: "reset", how: reset.how };
    if (method === "reset") {
      throw new ServerError(
        `The cache of ${server.url} was not reset: ${reset.reason}. Use --flush_method filler instead.`,
        { url: server.url },
      );
    }
    const fields = next();
    if (fields.control !== "unique_prompt")
      return { by: fields.control, how: BY_FIELD[fields.control], fields };
  }
  return flushByFillers(server, random, signal);
}

async function flushByFillers(server: Server, random: Random, signal?: AbortSignal): Promise<Flush> {
  const { contextLimit } = server;
  let limit = contextLimit === null ? null : roomBelow(contextLimit.tokens);
  let most = FILLER_CHARACTERS;
  let taken = 0;
  let characters = 0;
  let refusal = "";
  while (taken < FILLERS && most >= LEAST_CHARACTERS) {
    const text = await flushFiller(server, random.fork(`flush ${taken + 1}`), most, limit);
    const completion = await server.chat({
      messages: documentChat(text, "noop"),
      maxTokens: 1,
      ...(signal && { signal }),
    });
    if (completion.outcome === "ok") {
      taken += 1;
      characters = text.length;
      continue;
    }
    refusal = completion.error ?? "";
    // A server that hangs would hang again. One that breaks the connection may do so because of the length alone
    // (llama-cpp-python 0.3.36).
    if (completion.outcome === "timeout") break;
    const named = completion.context_refusal?.limitTokens ?? null;
    // If tokens are estimated, a text of that length may still be too long; then it is halved.
    if (named !== null && limit === null) limit = roomBelow(named);
    else most = Math.floor(text.length / 2);
  }
  if (taken === 0) return { by: "none", how: `no filler prompt was accepted: ${refusal}` };
  const size = `${taken} filler prompts of ${characters.toLocaleString("en-US")} characters`;
  return { by: "filler", how: taken < FILLERS ? `${size}; the next one failed: ${refusal}` : size };
}

async function flushFiller(
  server: Server,
  random: Random,
  characters: number,
  limit: number | null,
): Promise<string> {
  // A word of the filler has about five characters including its space.
  const text = fillerWords(random, Math.ceil(characters / 4)).slice(0, characters);
  return limit === null ? text : server.tokens.truncate(text, limit);
}

const roomBelow = (tokens: number): number =>
  Math.max(1, Math.floor(tokens / 2), tokens - FILLER_MARGIN_TOKENS);
