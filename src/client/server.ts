import type { JsonObject } from "../domain/json.js";
import type { TokenCounter } from "../domain/records/token-count.js";
import { softwareName } from "../servers/profile/profile.js";
import type { Sample } from "../servers/profile/prometheus.js";
import type { PostedRequest } from "../wire/endpoint.js";
import type { ChatRequest, CompleteRequest, TimedCompletion } from "./request.js";
import type {
  CacheReset,
  ChatTemplate,
  ContextLimit,
  ForcedLogprobs,
  ForcedText,
  Recognition,
  ServerClock,
} from "./server/facts.js";

/** A prompt as a request has it: messages for the model's template, or a bare one. */
export type Prompt = Pick<ChatRequest, "messages"> | Pick<CompleteRequest, "prompt">;

/** Options of `connect` that decide how long prompts are, and when a request counts as failed; as a manifest has them. */
export interface ServerSettings {
  /** Of the `tokenizer.json` that was given; null for none. */
  readonly tokenizer_sha256: string | null;
  readonly timeout_seconds: number;
  readonly idle_timeout_seconds: number;
}

/** A server that speaks OpenAI's chat completions, and one of its models. From `connect`. */
export interface Server {
  /** The base URL with its query, such as `http://localhost:8000/v1`; never holds a key. */
  readonly url: string;
  /** Its name as shown and recorded; requests contain it as the server wrote it. */
  readonly model: string;
  /** The maximum number of tokens of prompt and answer together, with the field that says so; `null` if not reported. */
  readonly contextLimit: ContextLimit | null;
  readonly tokens: TokenCounter;
  /** Whether others ask this server during a run (`shared` of `connect`): its counters prove nothing then, and are not read. */
  readonly isShared: boolean;
  /** The caller's own fields in every completion request (`body` of `connect`). */
  readonly body: JsonObject;
  /** What else the caller chose that decides what is measured. */
  readonly settings: ServerSettings;
  /**
   * Times one streamed chat completion; failures of the server are in the record's `outcome` and `error`.
   *
   * @throws OptionError for an invalid request; the signal's reason if it aborts.
   */
  chat(request: ChatRequest): Promise<TimedCompletion>;
  /** Times one streamed completion of a bare prompt (a text or token ids) by the same rules. */
  complete(request: CompleteRequest): Promise<TimedCompletion>;
  /**
   * The request that `chat` or `complete` would send, for a load, which sends many by itself: as a stream, without the fields
   * that this server has refused. Its bytes contain the key.
   *
   * @throws OptionError for a request that can't be made.
   */
  posted(request: ChatRequest | CompleteRequest): PostedRequest;
  /**
   * The server's own count of a prompt, from the usage of an answer that is not streamed, for servers whose streams have no
   * usage: an untimed request for one token. Null if there is no usage either.
   *
   * @example await server.promptTokens({ messages: [{ role: "user", content: "Say hi" }] }) // 32
   */
  promptTokens(prompt: Prompt): Promise<number | null>;
  /**
   * The log-probability that the model gives each token of a forced text, or why the server does not report it: untimed, in
   * as many requests as this kind of server needs.
   *
   * @example await server.forcedLogprobs({ prompt: [1, 504], forced: [3575] }) // { tokens: [{ own: -2.1, … }], … }
   */
  forcedLogprobs(text: ForcedText): Promise<ForcedLogprobs>;
  /**
   * What the model's chat template puts around one user message: from the server's own rendering, else from the template
   * beside the given `tokenizer.json`; determined at the first call. Null if there is neither.
   *
   * @example (await server.chatTemplate())?.head // "<|im_start|>user\n"
   */
  chatTemplate(): Promise<ChatTemplate | null>;
  /**
   * The token ids, such as BOS, that the server puts before a text prompt, and that a prompt of ids must contain itself: from
   * the server at the first call, else from the given `tokenizer.json`. Null if neither reports them.
   *
   * @example await server.promptBeginning() // [1]
   */
  promptBeginning(): Promise<readonly number[] | null>;
  /**
   * Which server this is, by its own answers to a few GET requests at the first call; later calls return the same.
   *
   * @example (await server.recognise()).profile.title // "vLLM"
   */
  recognise(): Promise<Recognition>;
  /** One reading of its counters and of the cache server's; null if there are none, its profile reads none, or it is shared. */
  counters(): Promise<readonly Sample[] | null>;
  /**
   * Reads the server's clock from the `Date` of its answer to a short request that computes nothing; null if it sends none. All
   * in milliseconds since 1970: `sentMs` and `receivedMs` by this machine's clock, `dateMs` the second that the server named.
   */
  clock(): Promise<ServerClock | null>;
  /** Clears every place where the server keeps KV, if it has an endpoint for that, and says how, or why not. */
  resetCache(): Promise<CacheReset>;
  /** Closes the connections kept open between requests. */
  close(): void;
}

/**
 * The same server for one run: all its requests also end with the run's signal, and reject with its reason. A request in
 * flight at that moment is left to the limits of its connection.
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
    clock: () => heard(() => server.clock()),
    resetCache: () => heard(() => server.resetCache()),
  } satisfies Partial<Server>;
  return Object.setPrototypeOf(own, server) as Server;
}

/** What runs at a server and which version, such as `vLLM 0.33.0`; null where its answers don't show it. */
export async function softwareOf(server: Pick<Server, "recognise">): Promise<string | null> {
  const { profile, version } = await server.recognise();
  return profile.name === "unknown" ? null : softwareName(profile.title, version);
}
