import { type ColdMeans, findColdMeans } from "../../client/cold-request.js";
import type { Server } from "../../client/server.js";
import { withServerCounters } from "../../client/server-counters.js";
import { ServerError } from "../../domain/errors/errors.js";
import { documentChat } from "../../prompts/document.js";
import { filler } from "../../prompts/filler.js";
import type { Random } from "../../stats/random.js";

const WARM_UP_TOKENS = 64;

/**
 * Sends short chats that nobody counts, each with a document of its own, and learns the chat template's share, the fields
 * that keep a request cold, and how many tokens stand around a document (0 where the server tells no prompt's length).
 *
 * @throws ServerError when one of them fails: nothing worth measuring would follow.
 */
export async function warmUp(
  server: Server,
  random: Random,
  prompt: string,
  requests: number,
  signal?: AbortSignal,
): Promise<ColdMeans & { readonly aroundTokens: number }> {
  let sent = 0;
  let aroundTokens = 0;
  const send = async (body: Readonly<Record<string, unknown>>) => {
    sent += 1;
    const document = await filler(random.fork(`warm-up ${sent}`), server.tokens, WARM_UP_TOKENS);
    const { completion } = await withServerCounters(server, () =>
      server.chat({
        messages: documentChat(document, prompt),
        maxTokens: 1,
        body,
        ...(signal && { signal }),
      }),
    );
    aroundTokens = Math.max(0, (completion.prompt_tokens ?? 0) - WARM_UP_TOKENS);
    return { completion, textTokens: WARM_UP_TOKENS };
  };
  const means = await findColdMeans(server, send, requests, ({ error, status }) => {
    throw new ServerError(`The warm-up request to ${server.url} failed: ${error}`, {
      url: server.url,
      ...(status !== null && { status }),
    });
  });
  return { ...means, aroundTokens };
}
