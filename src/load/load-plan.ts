import { z } from "zod";
import { checkOptions, MOST_REQUESTS, mapOf } from "../domain/errors/options.js";
import type { LoadedRequest } from "../domain/records/record-kinds.js";
import type { AnswerMode, ClientLimit } from "../domain/records/words.js";

/** When requests start: as soon as one of `concurrency` places is free, or by a fixed schedule. */
export type Arrivals =
  /** From 1 to 1,024 places. */
  | { readonly kind: "closed"; readonly concurrency: number }
  | {
      readonly kind: "open";
      readonly ratePerSecond: number;
      readonly spacing: "constant" | "poisson";
      readonly seed: number | string;
    };

/** One load: the same request, many times. */
export interface LoadPlan {
  /** Base URL, such as `http://127.0.0.1:4000/v1`. */
  readonly url: string;
  readonly apiKey: string;
  /** Further secrets that the server may know and tell: they are taken out of its words, as the key is. */
  readonly secrets?: readonly string[];
  /** Further headers of every request; they replace this client's own. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly mode: AnswerMode;
  /** The body of `POST /chat/completions`, without `stream`. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly requests: number;
  readonly arrivals: Arrivals;
  /** From handing over a request to its last byte. */
  readonly timeoutSeconds: number;
  /** Without a byte; no other than `timeoutSeconds` when left out. */
  readonly idleTimeoutSeconds?: number | undefined;
  /**
   * Worker threads that share the load; 0 runs it on the caller's thread. 1 when left out: a worker costs nothing, and
   * keeps the caller's own work (a notebook's, a log's) from making the clock late; one is busy at tens of thousands of
   * requests a second only.
   */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** How busy the client was, so that its own slowness is not taken for the server's. */
export interface ClientLoad {
  /**
   * The share of the time in which the busiest thread's event loop was not waiting, from 0 to 1: its CPU seconds for each
   * second, and what it waited for a core.
   */
  readonly cpu: number;
  /** Event-loop delay, 99th percentile. */
  readonly delaySeconds: number;
  /**
   * How late the client turned to a request after its scheduled start, 99th percentile. Opening a connection, or waiting
   * for a free one, is not in it; `wait_seconds` of a request has both.
   */
  readonly scheduleDelaySeconds: number;
  /** Whether the client, not the server, set the pace, in a word. */
  readonly limit: ClientLimit;
  /** The same in a sentence that says what to do; null when it did not. */
  readonly bottleneck: string | null;
}

/** What came of a load: its requests in the order of their starts. */
export interface LoadResult {
  readonly requests: readonly LoadedRequest[];
  /** From the first start to the last end. */
  readonly seconds: number;
  readonly client: ClientLoad;
}

const wholeNumber = (least: number, most: number) => {
  const rule = `must be a whole number from ${least} to ${most}`;
  return z.int(rule).min(least, rule).max(most, rule);
};
const above0 = (most: number, unit: string) => {
  const rule = `must be ${unit} above 0 and at most ${most}`;
  return z.number(rule).gt(0, rule).max(most, rule);
};

const arrivals = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("closed"), concurrency: wholeNumber(1, 1024) }),
    z.strictObject({
      kind: z.literal("open"),
      ratePerSecond: above0(1_000_000, "a rate a second"),
      spacing: z.enum(["constant", "poisson"], 'must be "constant" or "poisson"'),
      seed: z.union([z.number(), z.string()], "must be a number or a text"),
    }),
  ],
  'must have the kind "closed" or "open"',
);

const plan = z.strictObject({
  url: z.string("must be a URL"),
  apiKey: z.string("must be a text"),
  secrets: z.array(z.string("must be a text"), "must be a list of texts").default([]),
  headers: mapOf(z.string("must be a text"), "must map names to texts").default({}),
  mode: z.enum(["chat", "stream"], 'must be "chat" or "stream"'),
  body: mapOf(z.unknown(), "must be an object").refine(
    (body) => !Object.hasOwn(body, "stream"),
    "must not set stream: the load's mode does",
  ),
  requests: wholeNumber(1, MOST_REQUESTS),
  arrivals,
  timeoutSeconds: above0(86_400, "a number of seconds"),
  idleTimeoutSeconds: above0(86_400, "a number of seconds").optional(),
  threads: wholeNumber(0, 64).default(1),
  signal: z.instanceof(AbortSignal, { error: "must be an AbortSignal" }).optional(),
});

/** A plan with nothing left out. */
export type CheckedPlan = z.infer<typeof plan>;

/** @throws OptionError for the first option at fault. */
export const checkPlan = (asked: LoadPlan): CheckedPlan => checkOptions(plan, asked);
