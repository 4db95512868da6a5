/** How the mock provider answers. All delays in seconds; every random choice comes from `seed`. */
export interface MockOptions {
  /** The port; 0, the default, takes a free one. */
  readonly port?: number;
  /** The address it listens on; default 127.0.0.1. */
  readonly host?: string;
  /** Names it may be called by beside localhost and `host`; default none. Whoever calls it by another is refused. */
  readonly allowedHosts?: readonly string[];
  /** Before the first content chunk, or before a whole answer; 0 by default. */
  readonly firstTokenDelaySeconds?: number;
  /** Content chunks of a stream; 20 by default. */
  readonly chunks?: number;
  /** Between content chunks; 0, the default, sends all at once. */
  readonly chunkGapSeconds?: number;
  /** Each delay is multiplied by a factor drawn evenly from 1 ± jitter; 0 by default. */
  readonly jitter?: number;
  /** What goes wrong, as shares of the requests: `statuses`, `reset`, `stall`, `cut`, `malformed`; default nothing. */
  readonly faults?: MockFaults;
  /** Decides jitter and faults, request by request; default 1. */
  readonly seed?: number | string;
  /**
   * Writes into the content of every chunk when it was sent, as `@` and nanoseconds of the monotonic clock, which
   * processes of one machine share: content is what every proxy passes on. Chunks that leave in one write, for they
   * have no gap, share its time. Default false.
   */
  readonly stamps?: boolean;
  /** Gives the start up. */
  readonly signal?: AbortSignal;
}

/** How the provider answers, with nothing left open. */
export type MockSettings = Required<Omit<MockOptions, "port" | "host" | "allowedHosts" | "signal">>;

/**
 * The share of completion requests, from 0 to 1, that each fault meets. A request meets one at most, so they must not
 * add up to more than 1.
 */
export interface MockFaults {
  /** Shares by HTTP status from 400 to 599, such as `{ 429: 0.01, 500: 0.02 }`; answered at once. */
  readonly statuses?: Readonly<Record<number, number>>;
  /** The connection is reset before any byte of the answer. */
  readonly reset?: number;
  /** Nothing more comes after the headers, until the client gives up. */
  readonly stall?: number;
  /** The stream ends in its middle, without `[DONE]`, and so does a whole answer: the connection closes. */
  readonly cut?: number;
  /** One event of the stream is not JSON, or a whole answer is not. */
  readonly malformed?: number;
}

/** A running mock provider, in a process of its own. */
export interface MockServer {
  /** `http://host:port/v1`. */
  readonly url: string;
  /** How busy it has been since it was last asked, so that it is never taken for the proxy's limit. */
  load(): Promise<MockLoad>;
  close(): Promise<void>;
}

export interface MockLoad {
  readonly requests: number;
  readonly seconds: number;
  /** CPU seconds for each second: near 1, the provider itself was the limit. */
  readonly cpu: number;
  /** Event-loop delay, 99th percentile. */
  readonly delaySeconds: number;
}

/** What goes wrong with one answer. */
export type Fault =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "reset" | "stall" | "cut" | "malformed" };

/** Every fault that may be met with its share of the requests, in one order always. */
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

/** The fault that a draw from [0, 1) means; faults exclude each other, so that each has its whole share. */
export function faultAt(shares: ReturnType<typeof faultShares>, draw: number): Fault | null {
  let below = 0;
  for (const { fault, share } of shares) {
    below += share;
    if (draw < below) return fault;
  }
  return null;
}
