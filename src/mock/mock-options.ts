/** Options of the mock provider. All delays in seconds; every random choice comes from `seed`. */
export interface MockOptions {
  /** The port; default 0, which takes a free one. */
  readonly port?: number;
  /** The address it listens on; default 127.0.0.1. */
  readonly host?: string;
  /** Names it answers to besides localhost and `host`; default none. Requests under any other name are refused. */
  readonly allowedHosts?: readonly string[];
  /** Delay before the first content chunk, or before a whole answer; default 0. */
  readonly firstTokenDelaySeconds?: number;
  /** Content chunks of a stream; default 20. */
  readonly chunks?: number;
  /** Delay between content chunks; default 0, which sends all at once. */
  readonly chunkGapSeconds?: number;
  /** Each delay is multiplied by a factor drawn uniformly from 1 ± jitter; default 0. */
  readonly jitter?: number;
  /** Faults, as shares of the requests: `statuses`, `reset`, `stall`, `cut`, `malformed`; default none. */
  readonly faults?: MockFaults;
  /** Seed for jitter and faults, request by request; default 1. */
  readonly seed?: number | string;
  /**
   * Whether the content of every chunk contains the time it was sent, as `@` and nanoseconds of the monotonic clock, which
   * processes on one machine share; content is what every proxy passes on. Chunks without a gap leave in one write and share
   * its time. Default false.
   */
  readonly stamps?: boolean;
  /** Aborts the start. */
  readonly signal?: AbortSignal;
}

/** The provider's options with all values filled in. */
export type MockSettings = Required<Omit<MockOptions, "port" | "host" | "allowedHosts" | "signal">>;

/**
 * The share of completion requests, from 0 to 1, that each fault affects. A request has at most one, so they must not add up
 * to more than 1.
 */
export interface MockFaults {
  /** Shares by HTTP status from 400 to 599, such as `{ 429: 0.01, 500: 0.02 }`; answered at once. */
  readonly statuses?: Readonly<Record<number, number>>;
  /** Share of connections reset before any byte of the answer. */
  readonly reset?: number;
  /** Share of answers in which nothing comes after the headers, until the client gives up. */
  readonly stall?: number;
  /** Share of answers, streamed or whole, that end in the middle, without `[DONE]`: the connection closes. */
  readonly cut?: number;
  /** Share of answers in which one event of the stream, or the whole answer, is not JSON. */
  readonly malformed?: number;
}

/** A running mock provider, in a process of its own. */
export interface MockServer {
  /** `http://host:port/v1`. */
  readonly url: string;
  /** How busy it has been since it was last asked, so that its own limit is never mistaken for the proxy's. */
  load(): Promise<MockLoad>;
  close(): Promise<void>;
}

export interface MockLoad {
  readonly requests: number;
  readonly seconds: number;
  /** CPU seconds per second; near 1, the provider itself was the limit. */
  readonly cpu: number;
  /** Event-loop delay, 99th percentile. */
  readonly delaySeconds: number;
}

/** What goes wrong with one answer. */
export type Fault =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "reset" | "stall" | "cut" | "malformed" };

/** Every possible fault with its share of the requests, in a fixed order. */
export function faultShares(
  faults: MockFaults,
): readonly { readonly fault: Fault; readonly share: number }[] {
  const statuses = Object.entries(faults.statuses ?? {}).map(([status, share]) => ({
    fault: { kind: "status", status: Number(status) } as const,
    share,
  }));
  const kinds = (["reset", "stall", "cut", "malformed"] as const).map((kind) => ({
    fault: { kind },
    share: faults[kind] ?? 0,
  }));
  return [...statuses, ...kinds].filter(({ share }) => share > 0);
}

/** The fault for a draw from [0, 1); faults exclude each other, so each gets its full share. */
export function faultAt(shares: ReturnType<typeof faultShares>, draw: number): Fault | null {
  let below = 0;
  for (const { fault, share } of shares) {
    below += share;
    if (draw < below) return fault;
  }
  return null;
}
