import type { JsonObject } from "../domain/json.js";
import { softwareName } from "../servers/profile/profile.js";
import type { Sample } from "../servers/profile/prometheus.js";
import type { TokenCounter } from "../tokens/token-counter.js";
import type { PostedRequest } from "../wire/posted-request.js";
import type { ChatRequest, CompleteRequest } from "./request-body.js";
import type { CacheReset } from "./server/cache-control.js";
import type { ChatTemplate } from "./server/chat-template.js";
import type { ContextLimit } from "./server/context-limit.js";
import type { ForcedLogprobs, ForcedText } from "./server/forced-logprobs.js";
import type { Recognition } from "./server/recognition.js";
import type { TimedCompletion } from "./timed-completion.js";

/** A prompt as a request has it: messages for the model's template, or a bare one. */
export type Prompt = Pick<ChatRequest, "messages"> | Pick<CompleteRequest, "prompt">;

/** A server that speaks OpenAI's chat completions, and one of its models. From `connect`. */
export interface Server {
  /** The base URL with its query, such as `http://localhost:8000/v1`; never holds a key. */
  readonly url: string;
  /** Its name as it is told and recorded; requests carry it as the server wrote it. */
  readonly model: string;
  /** The most tokens of prompt and answer together, with the field that says so; `null` when not told. */
  readonly contextLimit: ContextLimit | null;
  readonly tokens: TokenCounter;
  /** The caller's own fields of every completion request (`body` of `connect`). */
  readonly body: JsonObject;
  /**
   * Times one streamed chat completion; what the server does wrong is in the record's `outcome` and `error`.
   *
   * @throws OptionError for a request that can't be made; the signal's reason when it aborts.
   */
  chat(request: ChatRequest): Promise<TimedCompletion>;
  /** Times one streamed completion of a bare prompt, a text or token ids, with the same rules. */
  complete(request: CompleteRequest): Promise<TimedCompletion>;
  /**
   * A request as `chat` or `complete` would send it, for a load, which sends many by itself: as a stream, without the fields
   * that this server was seen to refuse. Its bytes hold the key.
   *
   * @throws OptionError for a request that can't be made.
   */
  posted(request: ChatRequest | CompleteRequest): PostedRequest;
  /**
   * The server's own count of a prompt, by the usage of an answer in one piece, for servers whose streams tell none: an
   * untimed request for one token. Null where it tells none there either.
   *
   * @example await server.promptTokens({ messages: [{ role: "user", content: "Say hi" }] }) // 32
   */
  promptTokens(prompt: Prompt): Promise<number | null>;
  /**
   * What its model gives each token of a text that is forced upon it, or why it does not tell: untimed, in as many requests
   * as its kind of server needs.
   *
   * @example await server.forcedLogprobs({ prompt: [1, 504], forced: [3575] }) // { tokens: [{ own: -2.1, … }], … }
   */
  forcedLogprobs(text: ForcedText): Promise<ForcedLogprobs>;
  /**
   * What its model's chat template puts around one user message, by the server's own rendering, else by the template
   * beside a `tokenizer.json` that was named: looked for at the first call. Null where there is neither.
   *
   * @example (await server.chatTemplate())?.head // "<|im_start|>user\n"
   */
  chatTemplate(): Promise<ChatTemplate | null>;
  /**
   * The token ids it puts before a prompt that is a text, such as BOS, which whoever posts ids must post too: asked for at
   * the first call, else as a `tokenizer.json` that was named has them. Null where neither tells.
   *
   * @example await server.promptBeginning() // [1]
   */
  promptBeginning(): Promise<readonly number[] | null>;
  /**
   * Which server this is, by its own answers: found out at the first call with a few GETs, and then known.
   *
   * @example (await server.recognise()).profile.title // "vLLM"
   */
  recognise(): Promise<Recognition>;
  /** One scrape of its counters, and of the cache server's; null where there is none, or its profile reads none. */
  counters(): Promise<readonly Sample[] | null>;
  /** Clears every place where the server keeps KV that has an endpoint for it, and says how, or why not. */
  resetCache(): Promise<CacheReset>;
  /** Closes the connections kept open between requests. */
  close(): void;
}

/**
 * The same server for one run: whatever it is asked ends with the run's signal too, and rejects with its reason. A request
 * that is under way then is left to the limits of its connection.
 */
export function hearing(server: Server, signal: AbortSignal | undefined): Server {
  if (signal === undefined) return server;
  const heard = <T>(ask: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const abort = (): void => reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      ask()
        .then(resolve, reject)
        .finally(() => signal.removeEventListener("abort", abort));
    });
  const { tokens } = server;
  const counter = {
    correct: (shorter, longer) => heard(() => tokens.correct(shorter, longer)),
    count: (text) => heard(() => tokens.count(text)),
    encode: (text) => heard(() => tokens.encode(text)),
    truncate: (text, most) => heard(() => tokens.truncate(text, most)),
  } satisfies Partial<TokenCounter>;
  const own = {
    // What they have beside these stays theirs: a counter's name changes among it.
    tokens: Object.setPrototypeOf(counter, tokens) as TokenCounter,
    promptTokens: (prompt) => heard(() => server.promptTokens(prompt)),
    forcedLogprobs: (text) => heard(() => server.forcedLogprobs(text)),
    chatTemplate: () => heard(() => server.chatTemplate()),
    promptBeginning: () => heard(() => server.promptBeginning()),
    recognise: () => heard(() => server.recognise()),
    counters: () => heard(() => server.counters()),
    resetCache: () => heard(() => server.resetCache()),
  } satisfies Partial<Server>;
  return Object.setPrototypeOf(own, server) as Server;
}

/** What runs at a server and which version, such as `vLLM 0.33.0`; null where its answers don't show it. */
export async function softwareOf(server: Pick<Server, "recognise">): Promise<string | null> {
  const { profile, version } = await server.recognise();
  return profile.name === "unknown" ? null : softwareName(profile.title, version);
}
