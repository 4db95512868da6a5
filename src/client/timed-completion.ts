import type { JsonObject } from "../domain/json.js";
import { toldLine } from "../domain/plain-text.js";
import { NOTHING_TIMED } from "../domain/records/columns.js";
import type { Ending } from "../domain/records/words.js";
import { type Redact, redactedStream } from "../domain/secrets/redactor.js";
import { type Endpoint, type PostedRequest, withQuery } from "../wire/endpoint.js";
import type { Exchange, ExchangeLimits } from "../wire/exchange.js";
import { redactedHead } from "../wire/http-head.js";
import { type Headers, prepareRequest } from "../wire/http-request.js";
import { secondsBetween, wallTime } from "../wire/recording.js";
import { sharedBytes } from "../wire/shared-bytes.js";
import type { Transport } from "../wire/transport.js";
import { type BodyReport, type CompletionBodies, redactedReport } from "./answer/completion.js";
import { tpotSeconds } from "./answer/content-stamps.js";
import { judge, notConnected, type Verdict } from "./answer/verdict.js";
import { type Dialects, refusedField, without } from "./dialect.js";
import { contentTokens, readTokens } from "./event/server-figures.js";
import { believedTimings } from "./event/server-times.js";
import type { ChatRequest, CompleteRequest, CompletionOptions, TimedCompletion } from "./request.js";
import { chatBody, promptBody } from "./request-body.js";
import { contextRefusal } from "./server/context-limit.js";

/** What all completions of one server share. */
export interface CompletionContext {
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  readonly headers: Headers;
  readonly model: string;
  /** The caller's own fields of every request. */
  readonly body: JsonObject;
  readonly dialects: Dialects;
  /** What reads its answers. */
  readonly bodies: CompletionBodies;
  readonly limits: ExchangeLimits;
  readonly redact: Redact;
  /** What `redact` takes out. */
  readonly secrets: readonly string[];
}

/**
 * Times one streamed chat completion.
 *
 * Whatever the server does becomes a record with an outcome, never an exception; rejects with OptionError for an invalid
 * request, and with the signal's reason if the caller aborts.
 */
export function chat(context: CompletionContext, request: ChatRequest): Promise<TimedCompletion> {
  return time(context, "/chat/completions", request, chatBody);
}

/** Times one streamed completion of a bare prompt by the rules of {@link chat}. */
export function complete(context: CompletionContext, request: CompleteRequest): Promise<TimedCompletion> {
  return time(context, "/completions", request, promptBody);
}

/** A request as {@link chat} or {@link complete} would send it. */
export function posted(context: CompletionContext, request: ChatRequest | CompleteRequest): PostedRequest {
  const { endpoint, model, body, dialects, secrets } = context;
  const [path, json] =
    "messages" in request
      ? (["/chat/completions", chatBody(model, body, request)] as const)
      : (["/completions", promptBody(model, body, request)] as const);
  return { endpoint, bytes: bytesOf(context, path, dialects[path].speak(json), sharedBytes), secrets };
}

function bytesOf(
  { endpoint, headers }: CompletionContext,
  path: keyof Dialects,
  json: JsonObject,
  allocate?: typeof sharedBytes,
): Buffer {
  const body = { json, accept: "text/event-stream" };
  return prepareRequest("POST", withQuery(endpoint, `${endpoint.basePath}${path}`), headers, body, allocate);
}

/**
 * Times a request. If the server refuses one of its optional fields, times the request without it, with a new clock: a
 * refusal computes nothing that could make the request warm.
 */
async function time<R extends CompletionOptions>(
  context: CompletionContext,
  path: keyof Dialects,
  request: R,
  bodyOf: (model: string, body: JsonObject, request: R) => JsonObject,
): Promise<TimedCompletion> {
  const dialect = context.dialects[path];
  const json = bodyOf(context.model, context.body, request);
  let sent = dialect.speak(json);
  let answer = await timeOnce(context, path, sent, request);
  for (;;) {
    const { refusal } = answer;
    if (refusal === null) break;
    const asked = new Set(Object.keys({ ...context.body, ...request.body }));
    const field = refusedField(refusal, sent, asked);
    if (field === null) break;
    sent = without(sent, field);
    const next = await timeOnce(context, path, sent, request);
    // The same message again: this field was not the reason.
    if (next.refusal === refusal) break;
    dialect.learn(field);
    answer = next;
  }
  const { completion } = answer;
  const leftOut = dialect.leftOut(json);
  return leftOut === null ? completion : { ...completion, remark: remarks(completion.remark, leftOut) };
}

async function timeOnce(
  context: CompletionContext,
  path: keyof Dialects,
  json: JsonObject,
  request: CompletionOptions,
): Promise<{ readonly completion: TimedCompletion; readonly refusal: string | null }> {
  const { endpoint, transport, bodies, redact } = context;
  const bytes = bytesOf(context, path, json);
  const { onText, onFirstToken } = request;
  const shown = onText && redactedStream(redact, onText);
  const listener = { onFirstToken, onText: shown?.take };
  const limits = limitsOf(context, request);
  const { sent, reader } = await transport.send(bytes, () => bodies.take(listener), limits);
  if (sent.how === "unreachable") {
    const { ending } = endingOf(notConnected(endpoint, sent.error, redact));
    const at = new Stamps(sent.tried, null, null, null);
    const completion = { ...NOT_SENT, started_at: wallTime(sent.tried), ...ending, at };
    return { completion, refusal: null };
  }
  const { exchange, connectSeconds } = sent;
  const head = redactedHead(exchange.head, redact);
  const report = redactedReport(await reader.finish(exchange), redact);
  shown?.end();
  const received = {
    head,
    hasBegun: exchange.firstByte !== null,
    stream: report.completion,
    body: report.other,
    unreadable: report.unreadable,
  };
  const verdict = judge(endpoint, exchange.end, received, redact);
  const completion = measured({ ...exchange, head }, connectSeconds, report, verdict, bytes.length);
  bodies.giveBack(reader);
  const { status } = completion;
  const isRefusal = (status === 400 || status === 422) && completion.context_refusal === null;
  return { completion, refusal: isRefusal ? report.other : null };
}

function limitsOf({ limits }: CompletionContext, { signal }: CompletionOptions): ExchangeLimits {
  if (signal === undefined || signal === limits.signal) return limits;
  return {
    ...limits,
    signal: limits.signal === undefined ? signal : AbortSignal.any([limits.signal, signal]),
  };
}

/** A verdict in the form of timed records, which have no kinds of failures. */
function endingOf({ remark, outcome, error }: Verdict): {
  readonly remark: string | null;
  readonly ending: Ending;
} {
  return { remark, ending: outcome === "ok" ? { outcome, error } : { outcome, error } };
}

/** The record of a request that found no connection. */
const NOT_SENT = {
  ...NOTHING_TIMED,
  cached_tokens_source: null,
  text: "",
  reasoning: "",
  status: null,
  context_refusal: null,
  usage: null,
  timings: null,
  headers: {},
} as const;

/** When a request reached each point. JSON has no bigint, so there they are texts. */
class Stamps {
  readonly sent: bigint;
  readonly firstByte: bigint | null;
  readonly firstToken: bigint | null;
  readonly done: bigint | null;

  constructor(sent: bigint, firstByte: bigint | null, firstToken: bigint | null, done: bigint | null) {
    this.sent = sent;
    this.firstByte = firstByte;
    this.firstToken = firstToken;
    this.done = done;
  }

  toJSON() {
    return Object.fromEntries(Object.entries(this).map(([at, stamp]) => [at, stamp?.toString() ?? null]));
  }
}

/** Every field in one literal: objects that are spread into each other are copied, and copies are garbage. */
function measured(
  exchange: Exchange,
  connectSeconds: number,
  { completion, other }: BodyReport,
  verdict: Verdict,
  sentBytes: number,
): TimedCompletion {
  const { sent, firstByte, head, end } = exchange;
  const { firstEvent, firstReasoning, firstContent, usage } = completion;
  const isWhole = end.how === "complete" || end.how === "satisfied" || completion.done;
  const done = isWhole ? exchange.lastByte : null;
  const believed = believedTimings(completion.timings, secondsBetween(sent, exchange.lastByte));
  const tokens = readTokens(usage, believed.timings, completion.hasToken, sentBytes);
  const gaps = completion.contents.gaps();
  const { ending } = endingOf(verdict);
  const said = other || (completion.failure?.data ?? "");
  return {
    started_at: wallTime(sent),
    connect_seconds: connectSeconds,
    first_byte_seconds: secondsBetween(sent, firstByte),
    first_event_seconds: secondsBetween(sent, firstEvent),
    first_reasoning_seconds: secondsBetween(sent, firstReasoning),
    ttft_seconds: secondsBetween(sent, firstContent),
    e2e_seconds: secondsBetween(sent, done),
    itl_seconds: gaps.itl_seconds,
    itl_p99_seconds: gaps.itl_p99_seconds,
    tpot_seconds: tpotSeconds(gaps.spanSeconds, contentTokens(tokens.output_tokens, usage, completion)),
    prompt_tokens: tokens.prompt_tokens,
    output_tokens: tokens.output_tokens,
    cached_tokens: tokens.cached_tokens,
    cached_tokens_source: tokens.cached_tokens_source,
    text: completion.text,
    reasoning: completion.reasoning,
    status: head?.status ?? null,
    finish_reason: toldLine(completion.finishReason ?? "") || null,
    usage,
    timings: believed.timings,
    at: new Stamps(sent, firstByte, firstContent, done),
    outcome: ending.outcome,
    error: ending.error,
    remark: remarks(verdict.remark, remarks(tokens.doubt, believed.doubt)),
    context_refusal: ending.outcome === "ok" ? null : contextRefusal(head?.status ?? null, said),
    headers: head?.headers ?? {},
  } as TimedCompletion;
}

/** All remarks on a request besides its outcome, in one text. */
const remarks = (...parts: readonly (string | null)[]): string | null =>
  parts.filter((part) => part !== null).join(" ") || null;
