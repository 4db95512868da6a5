import type { OpenAI } from "openai";
import { OptionError } from "../domain/errors/errors.js";
import { isObject } from "../domain/json.js";
import { plainText, toldLine } from "../domain/plain-text.js";
import { sentSecrets } from "../domain/secrets/named-secrets.js";
import { redactor } from "../domain/secrets/redactor.js";
import { PROFILE_NAMES, type ProfileName } from "../servers/profile/profile.js";
import { promptBeginningOf, tokenizerDigest, tokenizerFile } from "../tokens/local-tokenizers.js";
import { type Endpoint, parseEndpoint } from "../wire/endpoint.js";
import { commonHeaders, type Headers } from "../wire/http-request.js";
import { createTransport } from "../wire/transport.js";
import { CompletionBodies } from "./answer/completion.js";
import { newDialects } from "./dialect.js";
import { extraFields } from "./request-body.js";
import { connectCacheServer, resetCache } from "./server/cache-control.js";
import { createCall } from "./server/call.js";
import { findChatTemplate, localChatTemplate } from "./server/chat-template.js";
import { readClock } from "./server/clock.js";
import { readContextLimit } from "./server/context-limit.js";
import { forcedLogprobs } from "./server/forced-logprobs.js";
import { chooseModel, deploymentOf, listModels } from "./server/models.js";
import { baseOf, headersOf } from "./server/openai-client.js";
import { findPromptBeginning } from "./server/prompt-beginning.js";
import { recogniseServer } from "./server/recognition.js";
import { createScraper } from "./server/scraper.js";
import { findTokenizer } from "./server/tokenizer.js";
import type { Server } from "./server.js";
import { askPromptTokens, requireModel, untimed } from "./short-requests.js";
import { chat, complete, posted } from "./timed-completion.js";

export interface ConnectOptions {
  /** Sent as a bearer token; default `EMPTY`, as servers without a key expect. */
  readonly apiKey?: string;
  /**
   * Default: the first that the server lists. One that is not listed is used too, after one short request has shown that it
   * answers.
   */
  readonly model?: string;
  /** Additional headers of every request, which replace the client's own; default none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Additional fields in the body of every completion request; a field that is `undefined` is not sent; default none. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** Called once for each optional field that the server refuses; default: a line on standard error. */
  readonly onNotice?: (notice: string) => void;
  /** Limit for opening a connection: DNS, TCP and TLS together; default 10. */
  readonly connectTimeoutSeconds?: number;
  /** Limit from a request's first byte to its response's last, even if bytes keep coming; default 900. */
  readonly timeoutSeconds?: number;
  /** A server that sends no byte for this long counts as stalled; default 300. */
  readonly idleTimeoutSeconds?: number;
  /** @deprecated the former name of `timeoutSeconds` */
  readonly totalTimeoutSeconds?: number;
  /** Aborts all requests to the server, now and later: each call then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** PEM certificates to trust instead of the system's, for a server with a self-signed certificate; default the system's. */
  readonly ca?: string;
  /** Which server it is, if its answers don't show that or suggest a different one; left out, the answers decide. */
  readonly profile?: ProfileName;
  /**
   * Address of LMCache's own HTTP server, used to clear its store and read its counters: `http://localhost:6999` within
   * vLLM's process, `http://localhost:8080` for `lmcache server`. No key is sent there. Default none.
   */
  readonly cacheServer?: string;
  /**
   * Whether others ask the server while a run measures it, such as the other parts of the run: its counters, which count all
   * of them, are not read then. What its answers report is evidence still. Default false.
   */
  readonly shared?: boolean;
  /**
   * A `tokenizer.json` to count tokens with; default the server's `/tokenize`, then the tokenizer that the model's name
   * suggests. The chat template beside the file is used if the server does not render its own.
   */
  readonly tokenizer?: string;
}

/** A list of models, unlike an answer, begins soon or never, and ends soon. */
const SET_UP = { idleTimeoutSeconds: 30, timeoutSeconds: 60 };

/**
 * Connects to a server that speaks OpenAI's `/v1`, and finds its model, its context limit and its tokenizer.
 *
 * @param server a base URL (`/v1` is added if it has no path), or a client of the `openai` package (6.x), whose URL, key and
 *   default headers are used
 * @throws OptionError for a wrong option; ServerError, with a sentence that says what to do, if nothing answers there, the
 *   answer does not have OpenAI's form, the key is refused, or the model is neither listed nor answers; the signal's reason
 *   if it aborts
 * @example
 * const server = await connect("http://localhost:8000");
 * const { ttft_seconds } = await server.chat({ messages: [{ role: "user", content: "Hello" }] }); // 0.043
 */
export async function connect(server: string | OpenAI, options: ConnectOptions = {}): Promise<Server> {
  const { endpoint, headers } = await readTarget(server, options);
  const body = extraFields(options.body ?? {});
  const { profile, ca, shared: isShared = false } = options;
  const ownTokenizer = options.tokenizer === undefined ? null : await tokenizerFile(options.tokenizer);
  if (profile !== undefined && !PROFILE_NAMES.includes(profile)) {
    throw new OptionError("profile", `must be one of ${PROFILE_NAMES.join(", ")}`, profile);
  }
  const limits = {
    timeoutSeconds: seconds("timeoutSeconds", options.timeoutSeconds ?? options.totalTimeoutSeconds ?? 900),
    idleTimeoutSeconds: seconds("idleTimeoutSeconds", options.idleTimeoutSeconds ?? 300),
    signal: options.signal,
  };
  const transport = createTransport(endpoint, {
    timeoutSeconds: seconds("connectTimeoutSeconds", options.connectTimeoutSeconds ?? 10),
    ca,
  });
  const told = [endpoint.url, ...(options.model === undefined ? [] : [options.model])];
  const secrets = sentSecrets(headers, options.headers, body, told);
  const redact = redactor(secrets);
  const call = createCall({ endpoint, transport, headers, limits, redact });
  const setUpLimits = {
    timeoutSeconds: Math.min(limits.timeoutSeconds, SET_UP.timeoutSeconds),
    idleTimeoutSeconds: Math.min(limits.idleTimeoutSeconds, SET_UP.idleTimeoutSeconds),
    signal: options.signal,
  };
  const setUp = createCall({ endpoint, transport, headers, limits: setUpLimits, redact });
  const cacheServer =
    options.cacheServer === undefined
      ? null
      : connectCacheServer(options.cacheServer, setUpLimits, ca, redact);
  const scraper = createScraper({
    ...{ endpoint, headers, ca, signal: options.signal, redact },
    cacheCall: cacheServer?.call ?? null,
  });
  try {
    const list = await listModels(endpoint, setUp);
    const choice = chooseModel(endpoint, list, options.model ?? deploymentOf(endpoint));
    const { model } = choice;
    const dialects = newDialects(endpoint.url, options.onNotice ?? sayOnStandardError);
    const context = {
      endpoint,
      transport,
      headers,
      model: model.id,
      body,
      dialects,
      bodies: new CompletionBodies(),
      limits,
      redact,
      secrets,
    };
    const modelHeaders = { ...list.headers, ...(await requireModel(context, list, choice)) };
    const [contextLimit, tokens] = await Promise.all([
      readContextLimit(endpoint, setUp, model),
      findTokenizer(endpoint, { probe: setUp, call }, model.id, ownTokenizer),
    ]);
    const recognise = once(() =>
      recogniseServer({
        ...{ endpoint, headers, ca, signal: options.signal, redact },
        model: model.entry,
        modelHeaders,
        profile,
        hasCacheServer: cacheServer !== null,
      }),
    );
    return {
      url: endpoint.url + endpoint.query,
      model: toldLine(redact(model.id)),
      contextLimit,
      tokens,
      body,
      settings: {
        tokenizer_sha256: options.tokenizer === undefined ? null : tokenizerDigest(options.tokenizer),
        timeout_seconds: limits.timeoutSeconds,
        idle_timeout_seconds: limits.idleTimeoutSeconds,
      },
      chat: (request) => chat(context, request),
      complete: (request) => complete(context, request),
      posted: (request) => posted(context, request),
      promptTokens: (prompt) => askPromptTokens(call, context, prompt),
      forcedLogprobs: async (text) =>
        forcedLogprobs(call, untimed(context), (await recognise()).profile.name, text),
      chatTemplate: once(async () => {
        const own = await findChatTemplate(endpoint, call, { model: model.id, body, tokens });
        if (own !== null || options.tokenizer === undefined) return own;
        const { chat_template_kwargs: fields } = body;
        return localChatTemplate(options.tokenizer, tokens, isObject(fields) ? fields : {});
      }),
      promptBeginning: once(
        async () =>
          (await findPromptBeginning(endpoint, call, model.id)) ??
          (options.tokenizer === undefined ? null : promptBeginningOf(options.tokenizer)),
      ),
      recognise,
      isShared,
      counters: async () => (isShared ? null : scraper.scrape(await recognise())),
      clock: () => readClock(endpoint, setUp),
      resetCache: async () =>
        resetCache({
          profile: (await recognise()).profile,
          model: model.id,
          rootPath: endpoint.rootPath,
          call,
          cacheCall: cacheServer?.call ?? null,
        }),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }

  function close(): void {
    for (const open of [transport, scraper, cacheServer]) open?.close();
  }
}

const sayOnStandardError = (notice: string): void => void process.stderr.write(`${plainText(notice)}\n`);

/** Every call gets the same promise. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function readTarget(
  server: string | OpenAI,
  options: ConnectOptions,
): Promise<{ readonly endpoint: Endpoint; readonly headers: Headers }> {
  if (typeof server === "string") {
    const endpoint = parseEndpoint(server);
    return { endpoint, headers: commonHeaders(endpoint, options.apiKey ?? "EMPTY", options.headers ?? {}) };
  }
  const endpoint = parseEndpoint(baseOf(server, options.model));
  const { authorization = "", ...theirs } = await headersOf(server);
  const key = options.apiKey === undefined ? { authorization } : {};
  return {
    endpoint,
    headers: commonHeaders(endpoint, options.apiKey ?? null, { ...theirs, ...key, ...options.headers }),
  };
}

function seconds(option: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new OptionError(option, "must be a number of seconds above 0", value);
}
