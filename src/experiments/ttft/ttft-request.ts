import { type Arranged, cacheEvidence } from "../../client/cache-evidence.js";
import { type ColdMeans, findColdMeans } from "../../client/cold-request.js";
import { timedColumns } from "../../client/request.js";
import type { Server } from "../../client/server.js";
import { withServerCounters } from "../../client/server-counters.js";
import { ServerError } from "../../domain/errors/errors.js";
import type { JsonObject } from "../../domain/json.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import type { CacheControl, CacheState } from "../../domain/records/words.js";
import { documentChat } from "../../prompts/document.js";
import { filler } from "../../prompts/filler.js";
import type { Random } from "../../stats/random.js";

/** Tokens that two unrelated fillers may share by chance at their start; fewer than one pair in 10,000 shares more. */
const CHANCE_TOKENS = 2;

/** How much of a prompt may come from a cache in its arranged state. */
function arrangedFor(
  { templateTokens, blockTokens }: TtftSetting,
  cache_state: CacheState,
  promptTokens: number | null,
): Arranged {
  const sharedTokens = templateTokens + CHANCE_TOKENS;
  if (cache_state !== "warm") return { state: "cold", sharedTokens };
  // The whole prompt was just served.
  return { state: "prefix", servedTokens: promptTokens, sharedTokens, blockTokens };
}

/** What is the same for all requests of one TTFT experiment. */
export interface TtftSetting {
  readonly server: Server;
  readonly label: string | null;
  readonly maxTokens: number;
  /** Tokens that the server caches of every chat, which are its template's own. From {@link warmUp}. */
  readonly templateTokens: number;
  /** The block size of its prefix cache in tokens; null if unknown. */
  readonly blockTokens: number | null;
  readonly signal?: AbortSignal | undefined;
}

/** One TTFT request: the document, the question, and the state that was arranged for it. */
export interface TtftRequest {
  readonly run_index: number;
  readonly trial: number | null;
  readonly document: string;
  readonly context_tokens: number;
  readonly context_target: number | null;
  readonly prompt: string;
  readonly prompt_kind: string | null;
  readonly cache_state: CacheState;
  readonly cache_control: CacheControl;
  /** Fields of the request that arrange it. */
  readonly body?: JsonObject;
  readonly onFirstToken?: () => void;
  readonly onText?: (text: string) => void;
}

/** Sends one request and returns its record; failures of the server are in the record's outcome. */
export async function measureTtft(setting: TtftSetting, request: TtftRequest): Promise<TtftRecord> {
  const { document, body, onFirstToken, onText, ...facts } = request;
  const { completion, ...serverTimes } = await withServerCounters(setting.server, () =>
    setting.server.chat({
      messages: documentChat(document, request.prompt),
      maxTokens: setting.maxTokens,
      ...(body && { body }),
      ...(setting.signal && { signal: setting.signal }),
      ...(onFirstToken && { onFirstToken }),
      ...(onText && { onText }),
    }),
  );
  return {
    run_index: facts.run_index,
    context_tokens: facts.context_tokens,
    ...timedColumns(completion),
    label: setting.label,
    model: setting.server.model,
    prompt: facts.prompt,
    prompt_kind: facts.prompt_kind,
    cache_state: facts.cache_state,
    cache_control: facts.cache_control,
    ...cacheEvidence({
      arranged: arrangedFor(setting, facts.cache_state, completion.prompt_tokens),
      cachedTokens: completion.cached_tokens,
      promptTokens: completion.prompt_tokens,
      source: completion.cached_tokens_source,
    }),
    ...serverTimes,
    context_target: facts.context_target,
    trial: facts.trial,
    token_counter: setting.server.tokens.name,
  };
}

const WARM_UP_TOKENS = 64;

/**
 * Sends short chats that are not recorded, each with a document of its own, and learns the chat template's share, the fields
 * that keep a request cold, and how many tokens surround a document (0 if the server reports no prompt length).
 *
 * @throws ServerError if one of them fails, because nothing worth measuring would follow.
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
