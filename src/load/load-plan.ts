import { z } from "zod";
import { OptionError } from "../domain/errors/errors.js";
import { checkOptions, MOST_REQUESTS, mapOf } from "../domain/errors/options.js";
import type { AnswerMode } from "../domain/records/words.js";
import type { PostedRequest } from "../wire/endpoint.js";

/** When requests start: as soon as one of `concurrency` slots is free, or by a fixed schedule. */
export type Arrivals =
  /** From 1 to 1,024 slots. */
  | { readonly kind: "closed"; readonly concurrency: number }
  | {
      readonly kind: "open";
      readonly ratePerSecond: number;
      readonly spacing: "constant" | "poisson";
      readonly seed: number | string;
    }
  /** When each request starts, after the load's own start; ascending. */
  | { readonly kind: "schedule"; readonly startsAtSeconds: readonly number[] };

/** Options of every load. */
interface LoadSettings {
  readonly mode: AnswerMode;
  readonly arrivals: Arrivals;
  /** Limit from handing over a request to its last byte. */
  readonly timeoutSeconds: number;
  /** Limit without a byte; left out, only `timeoutSeconds` applies. */
  readonly idleTimeoutSeconds?: number | undefined;
  /**
   * Worker threads that share the load; 0 runs it on the caller's thread. Default 1: a worker costs nothing, and keeps the
   * caller's own work (a notebook, a log) from delaying the clock; one is enough for tens of thousands of requests per
   * second.
   */
  readonly threads?: number;
  /** Whether to keep the times between successive contents of a stream. */
  readonly recordGaps?: boolean;
  /** Whether to keep the text of the first choice. */
  readonly keepText?: boolean;
  /** When it starts, in milliseconds since 1970 by this machine's clock; default as soon as it is ready. */
  readonly startsAtMs?: number | undefined;
  readonly signal?: AbortSignal;
}

/** The same request, many times. */
export interface RepeatedLoad extends LoadSettings {
  /** Base URL, such as `http://127.0.0.1:4000/v1`. */
  readonly url: string;
  readonly apiKey: string;
  /** Additional secrets that the server may know and reveal: they are removed from its words, like the key. */
  readonly secrets?: readonly string[];
  /** Additional headers of every request, which replace the client's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body of `POST /chat/completions`, without `stream`. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly requests: number;
  readonly posts?: never;
}

/** Different requests. */
export interface PostedLoad extends LoadSettings {
  /** All for one route, in order of starting; `mode` says whether they ask for streams. */
  readonly posts: readonly PostedRequest[];
}

/** One load. */
export type LoadPlan = RepeatedLoad | PostedLoad;

/** The bytes of all requests together must fit into memory. */
const MOST_BYTES = 2 ** 31;

const wholeNumber = (least: number, most: number) => {
  const rule = `must be a whole number from ${least} to ${most}`;
  return z.int(rule).min(least, rule).max(most, rule);
};
const above0 = (most: number, unit: string) => {
  const rule = `must be ${unit} above 0 and at most ${most}`;
  return z.number(rule).gt(0, rule).max(most, rule);
};
const flag = z.boolean("must be true or false").default(false);

const STARTS = "must be a list of seconds from 0 on, each no less than the one before";
const isAscending = (starts: readonly number[]): boolean =>
  starts.every((at, i) => Number.isFinite(at) && at >= (i === 0 ? 0 : starts[i - 1]!));

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
    z.strictObject({
      kind: z.literal("schedule"),
      startsAtSeconds: z.custom<readonly number[]>(
        (starts) => Array.isArray(starts) && isAscending(starts),
        STARTS,
      ),
    }),
  ],
  'must have the kind "closed", "open" or "schedule"',
);

const settings = {
  mode: z.enum(["chat", "stream"], 'must be "chat" or "stream"'),
  arrivals,
  timeoutSeconds: above0(86_400, "a number of seconds"),
  idleTimeoutSeconds: above0(86_400, "a number of seconds").optional(),
  threads: wholeNumber(0, 64).default(1),
  recordGaps: flag,
  keepText: flag,
  startsAtMs: z.number("must be a number of milliseconds").optional(),
  signal: z.instanceof(AbortSignal, { error: "must be an AbortSignal" }).optional(),
};

const repeated = z.strictObject({
  url: z.string("must be a URL"),
  apiKey: z.string("must be a text"),
  secrets: z.array(z.string("must be a text"), "must be a list of texts").default([]),
  headers: mapOf(z.string("must be a text"), "must map names to texts").default({}),
  body: mapOf(z.unknown(), "must be an object").refine(
    (body) => !Object.hasOwn(body, "stream"),
    "must not set stream: the load's mode does",
  ),
  requests: wholeNumber(1, MOST_REQUESTS),
  ...settings,
});

const isPost = (post: unknown): post is PostedRequest => {
  const { endpoint, bytes, secrets } = (post ?? {}) as Partial<PostedRequest>;
  return (
    typeof endpoint?.url === "string" &&
    bytes instanceof Uint8Array &&
    bytes.length > 0 &&
    Array.isArray(secrets)
  );
};

const posted = z.strictObject({
  posts: z.custom<readonly PostedRequest[]>(
    (posts) => Array.isArray(posts) && posts.length > 0 && posts.every(isPost),
    "must be a list of prepared requests, one at least",
  ),
  ...settings,
});

/** A plan with all values filled in. */
export type CheckedPlan = z.infer<typeof repeated> | z.infer<typeof posted>;

/** @throws OptionError for the first option at fault. */
export function checkPlan(asked: LoadPlan): CheckedPlan {
  const plan: CheckedPlan =
    asked.posts === undefined ? checkOptions(repeated, asked) : checkOptions(posted, asked);
  const requests = requestsOf(plan);
  if (plan.arrivals.kind === "schedule" && plan.arrivals.startsAtSeconds.length !== requests) {
    const rule = `must have a start for each of the ${requests} requests`;
    throw new OptionError("arrivals.startsAtSeconds", rule, plan.arrivals.startsAtSeconds.length);
  }
  if ("posts" in plan) checkPosts(plan.posts);
  return plan;
}

function checkPosts(posts: readonly PostedRequest[]): void {
  const [first] = posts;
  const other = posts.find(({ endpoint }) => endpoint.url !== first!.endpoint.url);
  if (other !== undefined) {
    throw new OptionError("posts", `must all go to one server, ${first!.endpoint.url}`, other.endpoint.url);
  }
  const bytes = posts.reduce((sum, post) => sum + post.bytes.length, 0);
  if (bytes > MOST_BYTES)
    throw new OptionError("posts", `must have ${MOST_BYTES} bytes at most together`, bytes);
}

/** How many requests a plan has. */
export const requestsOf = (plan: CheckedPlan): number =>
  "posts" in plan ? plan.posts.length : plan.requests;
