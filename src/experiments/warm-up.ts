import { coldRequest } from "../client/cold-request.js";
import { observed } from "../client/observed.js";
import type { Server } from "../client/server.js";
import { ServerError } from "../domain/errors.js";
import { documentChat } from "../prompts/document-chat.js";
import { filler } from "../prompts/filler.js";
import type { Random } from "../stats/random.js";

const WARM_UP_TOKENS = 64;

/** What the warm-up has shown. */
export interface WarmUp {
  /** Prompt tokens the server caches of every chat: its template's own; 0 where nothing is reported. */
  readonly templateTokens: number;
  /** The server takes the field that its profile says keeps a request cold, and was not seen to refuse it. */
  readonly takesColdField: boolean;
}

/**
 * Sends short requests that nobody counts, each with a text of its own, and learns the chat template's share.
 *
 * What the server reports as cached in the last of them can only be the template's own tokens, so a later
 * request is cold when it reports no more. The first of them carries the field that keeps a request cold; a server that
 * refuses it (vLLM's engine V0) is asked again without.
 *
 * @throws ServerError when one of them fails: nothing worth measuring would follow.
 */
export async function warmUp(
  server: Server,
  random: Random,
  prompt: string,
  requests: number,
  signal?: AbortSignal,
): Promise<WarmUp> {
  const cold = coldRequest((await server.recognise()).profile);
  let takesColdField = cold !== null;
  let templateTokens = 0;
  for (let request = 1; request <= requests; request++) {
    const document = await filler(random.fork(`warm-up ${request}`), server.tokens, WARM_UP_TOKENS);
    const send = (body = {}) =>
      observed(server, () =>
        server.chat({
          messages: documentChat(document, prompt),
          maxTokens: 1,
          body,
          ...(signal && { signal }),
        }),
      );
    let { completion } = await send(request === 1 && cold !== null ? cold.first : {});
    if (request === 1 && cold !== null && isRefusal(completion.status)) {
      takesColdField = false;
      ({ completion } = await send());
    }
    if (completion.outcome !== "ok") {
      throw new ServerError(`The warm-up request to ${server.url} failed: ${completion.error}`, {
        url: server.url,
        ...(completion.status !== null && { status: completion.status }),
      });
    }
    templateTokens = completion.cached_tokens ?? 0;
  }
  return { templateTokens, takesColdField };
}

/** A status that finds fault with the request itself. */
const isRefusal = (status: number | null): boolean => status === 400 || status === 422;
