import { type ColdRequest, coldRequest } from "../client/cold-request.js";
import type { Server } from "../client/server.js";
import { ServerError } from "../domain/errors.js";
import { documentChat } from "../prompts/document-chat.js";
import { fillerWords } from "../prompts/filler.js";
import type { Random } from "../stats/random.js";

/**
 * How to flush: the server's own reset, fillers that push everything else out, or the best there is: a reset, else a
 * field that keeps the next request from all that is cached, else fillers.
 */
export type FlushMethod = "auto" | "reset" | "filler";

/** What was done; `how` is a phrase for the console. */
export type Flush = { readonly how: string } & (
  | { readonly by: "reset" | "filler" }
  /** Nothing was evicted: the next requests must carry these fields. */
  | { readonly by: ColdRequest["control"]; readonly fields: ColdRequest }
);

const BY_FIELD: Readonly<Record<ColdRequest["control"], string>> = {
  cache_salt: "set aside by a cache_salt of its own",
  cache_prompt_false: "passed over by cache_prompt: false",
};

const FILLERS = 10;
const FILLER_CHARACTERS = 100_000;
/** Tokens kept free for the chat template and the answer. */
const FILLER_MARGIN_TOKENS = 256;

/**
 * Empties the server's KV cache by its reset endpoint, or sets it aside by a request field the server was seen to take
 * (`takesColdField`), or pushes everything out with ten one-token completions on fillers of 100,000 characters, each a
 * different text, cut to the model's limit.
 *
 * @throws ServerError when `reset` was asked for and the server can't, or when a filler is refused.
 */
export async function flushCache(
  server: Server,
  method: FlushMethod,
  takesColdField: boolean,
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
    const fields = takesColdField ? coldRequest((await server.recognise()).profile) : null;
    if (fields !== null) return { by: fields.control, how: BY_FIELD[fields.control], fields };
  }
  let characters = 0;
  for (let index = 1; index <= FILLERS; index++) {
    const text = await flushFiller(server, random.fork(`flush ${index}`));
    characters = text.length;
    const completion = await server.chat({
      messages: documentChat(text, "noop"),
      maxTokens: 1,
      ...(signal && { signal }),
    });
    if (completion.outcome !== "ok") {
      throw new ServerError(`Filler ${index} of ${FILLERS} of the cache flush failed: ${completion.error}`, {
        url: server.url,
      });
    }
  }
  return {
    by: "filler",
    how: `${FILLERS} filler prompts of ${characters.toLocaleString("en-US")} characters`,
  };
}

async function flushFiller(server: Server, random: Random): Promise<string> {
  // Words of the filler have about five characters with their space.
  const text = fillerWords(random, FILLER_CHARACTERS / 4).slice(0, FILLER_CHARACTERS);
  if (server.contextLimit === null) return text;
  return server.tokens.truncate(text, Math.max(1, server.contextLimit.tokens - FILLER_MARGIN_TOKENS));
}
