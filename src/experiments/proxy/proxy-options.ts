import { z } from "zod";
import { MOST_REPEATED, MOST_REQUESTS, mapOf } from "../../domain/errors/options.js";
import type { AnswerMode, ProxyTarget } from "../../domain/records/words.js";
import type { ClientLoad } from "../../load/load-result.js";
import { type LogOptions, logFields } from "../experiment-log.js";
import { type LoadTarget, loadTarget, type ProviderLoad } from "../load-target.js";
import { callback, runFields, someText, wholeNumber } from "../option-fields.js";

/** When requests start: in a closed loop, of one size or a sweep over several, or at a fixed rate. */
export type ProxyArrivals =
  | {
      /** Concurrent whole answers; default 100. */
      readonly concurrency?: number | readonly number[];
      /** Concurrent streams; default 20. */
      readonly streamConcurrency?: number | readonly number[];
      readonly ratePerSecond?: never;
      readonly arrivals?: never;
    }
  | {
      /** Requests started per second, in either mode; left out, the next starts when one has ended. */
      readonly ratePerSecond: number | readonly number[];
      /** Default `poisson`. */
      readonly arrivals?: "constant" | "poisson";
      readonly concurrency?: never;
      readonly streamConcurrency?: never;
    };

/** What a proxy costs: the same requests sent to a provider itself and through proxies. */
export type ProxyOptions<L extends string = string> = LogOptions &
  ProxyArrivals & {
    /** The provider itself: its base URL, alone or with `apiKey` and `model`; a mock from `mock.serve` fits. */
    readonly direct: LoadTarget;
    /** The proxies by their labels; each is compared with the provider. */
    readonly through: { readonly [label in L]: LoadTarget };
    /** The model for targets that name none; default none: then every target must name one. */
    readonly model?: string;
    /** The key for targets that have none; default `EMPTY`. */
    readonly apiKey?: string;
    /** Whole answers asked of each target; default 500. */
    readonly requests?: number;
    /** Streams asked of each target; default 200. */
    readonly streamRequests?: number;
    /** Whole answers asked first of each target and not recorded; default 100. */
    readonly warmUps?: number;
    /** Streams asked first of each target and not recorded; default 20. */
    readonly streamWarmUps?: number;
    /** Number of times the whole suite is run; default 1. */
    readonly repeats?: number;
    /**
     * The number of blocks in which direct and proxied loads alternate; default 10, or 6, the fewest that give an interval,
     * if a tenth of the requests would not fill the loop once.
     */
    readonly blocks?: number;
    /** Additional fields of every request's body, which replace the benchmark's own; default none. */
    readonly body?: Readonly<Record<string, unknown>>;
    /**
     * Additional secrets that a proxy may reveal, such as those in its command; removed from all texts, like both sides'
     * keys; default none.
     */
    readonly secrets?: readonly string[];
    /** Additional headers of every request, to the provider and to the proxies, never recorded; default none. */
    readonly headers?: Readonly<Record<string, string>>;
    /** Limit from handing over a request to its last byte; default 30. */
    readonly timeoutSeconds?: number;
    /** Limit without a byte of the answer; left out, only `timeoutSeconds` applies. */
    readonly idleTimeoutSeconds?: number;
    /** Worker threads of the client; default 1; 0 uses the caller's own. */
    readonly threads?: number;
    /** Seed for the order of loads and for arrivals; default 1. */
    readonly seed?: number | string;
    /** Additional facts for the manifest beside the log; default none. */
    readonly about?: Readonly<Record<string, unknown>>;
    /** Called with a note on a field that a target refuses; default: a line on standard error. */
    readonly onNotice?: (notice: string) => void;
    /** Called with every block once it is measured. */
    readonly onBlock?: (block: MeasuredBlock) => void;
    /** Called with the number of pairs of blocks done, of all pairs, and the seconds left. */
    readonly onProgress?: (done: number, all: number, secondsLeft?: number | null) => void;
    /** Stops the run when it aborts; the pairs of blocks measured so far are in the log. */
    readonly signal?: AbortSignal;
  };

/** The results of one block besides its requests. */
export interface MeasuredBlock {
  readonly label: string;
  readonly target: ProxyTarget;
  readonly mode: AnswerMode;
  readonly concurrency: number | null;
  readonly rate_per_second: number | null;
  readonly repeat: number;
  readonly block: number;
  readonly client: ClientLoad;
  /** How busy the provider was; null if it does not say. */
  readonly provider: ProviderLoad | null;
}

const levels = () => {
  const rule = "must be a whole number from 1 to 1024, or a list of them";
  const level = z.int(rule).min(1, rule).max(1_024, rule);
  return z.union([level, z.array(level).min(1, rule)], rule);
};
const someSeconds = () =>
  z.number("must be a number").positive("must be above 0").max(86_400, "must be at most 86400");
// Upper limits of a load: anything above is refused here, before any request.
const rate = z.number().positive().max(1_000_000);

/** The schema of {@link ProxyOptions}. */
export const proxySchema = z
  .strictObject({
    ...logFields,
    direct: loadTarget(),
    through: mapOf(loadTarget(), "must map labels to proxies").refine(
      (proxies) => Object.keys(proxies).length > 0,
      "must name at least one proxy",
    ),
    model: someText().optional(),
    apiKey: z.string("must be a text").default("EMPTY"),
    requests: wholeNumber(1, MOST_REQUESTS).default(500),
    streamRequests: wholeNumber(1, MOST_REQUESTS).default(200),
    warmUps: wholeNumber(0).default(100),
    streamWarmUps: wholeNumber(0).default(20),
    repeats: wholeNumber(1, MOST_REPEATED).default(1),
    blocks: wholeNumber(1, MOST_REPEATED).optional(),
    concurrency: levels().optional(),
    streamConcurrency: levels().optional(),
    ratePerSecond: z
      .union([rate, z.array(rate).min(1)], "must be a number above 0 and at most 1000000, or a list of them")
      .optional(),
    arrivals: z.enum(["constant", "poisson"], "must be constant or poisson").optional(),
    body: mapOf(z.unknown(), "must be an object")
      .refine((body) => !Object.hasOwn(body, "stream"), "must not set stream: the load's mode does")
      .default({}),
    secrets: z.array(z.string("must be a text"), "must be a list of texts").default([]),
    headers: mapOf(z.string("must be a text"), "must map names to texts").default({}),
    timeoutSeconds: someSeconds().default(30),
    idleTimeoutSeconds: someSeconds().optional(),
    threads: wholeNumber(0).max(64, "must be at most 64").default(1),
    about: mapOf(z.unknown(), "must be an object").default({}),
    onNotice: callback<(notice: string) => void>().optional(),
    onBlock: callback<(block: MeasuredBlock) => void>().optional(),
    ...runFields,
  })
  .refine((options) => options.ratePerSecond === undefined || options.concurrency === undefined, {
    path: ["concurrency"],
    message: "can't be combined with ratePerSecond",
  })
  .refine((options) => options.ratePerSecond === undefined || options.streamConcurrency === undefined, {
    path: ["streamConcurrency"],
    message: "can't be combined with ratePerSecond",
  })
  .refine((options) => options.ratePerSecond !== undefined || options.arrivals === undefined, {
    path: ["arrivals"],
    message: "needs ratePerSecond",
  });

/** {@link ProxyOptions}, checked, with their defaults. */
export type CheckedProxyOptions = z.output<typeof proxySchema>;
