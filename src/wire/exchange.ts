import type { ResponseHead } from "./http-head.js";
import type { ProtocolError } from "./protocol-error.js";
import type { TooLong } from "./too-long.js";

/** The limit that was reached: without a byte, or in total. */
export type TimeLimit = "idle" | "total";

/** How the exchange of one request and its response ended. */
export type ExchangeEnd =
  | { readonly how: "complete" }
  /** Everything wanted had arrived (`BodyReader.satisfied`), but the server did not finish the response. */
  | { readonly how: "satisfied" }
  /** The connection ended inside the response, or before it. */
  | { readonly how: "cut"; readonly error: NodeJS.ErrnoException | null }
  | { readonly how: "not http"; readonly error: ProtocolError }
  /** More arrived than the limit; the connection was closed. */
  | { readonly how: "too long"; readonly error: TooLong }
  | { readonly how: "timeout"; readonly limit: TimeLimit; readonly seconds: number };

/** One request and its response, stamped on the monotonic clock in nanoseconds. */
export interface Exchange {
  readonly sent: bigint;
  readonly firstByte: bigint | null;
  /** The last byte of the response, or of the part that was wanted (`BodyReader.satisfied`). */
  readonly lastByte: bigint | null;
  readonly head: ResponseHead | null;
  readonly end: ExchangeEnd;
  /** The connection may carry another request. */
  readonly reusable: boolean;
}

/** Who reads the body. */
export interface BodyReader {
  /**
   * Bytes `start` to `end` of a borrowed buffer belong to the body and arrived in the read stamped `at`, a while ago.
   *
   * @throws TooLong if no more of it is to be read, which ends the exchange.
   */
  onBody(at: bigint, bytes: Buffer, start: number, end: number, head: ResponseHead): void;
  /** Asked after each read: whether nothing after it is of interest. */
  satisfied?(): boolean;
  /** It is shown to somebody as it arrives; other bodies may be read some time later. */
  readonly isLive?: boolean;
}

export interface ExchangeLimits {
  /** From the request's first byte to the response's last. */
  readonly timeoutSeconds: number;
  /** Limit without a byte. */
  readonly idleTimeoutSeconds: number;
  readonly signal?: AbortSignal | undefined;
}
