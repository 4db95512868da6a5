import { setMaxListeners } from "node:events";
import { Carrier } from "./carrier.js";
import { type Connection, type ConnectionOptions, openConnection } from "./connection.js";
import type { Endpoint } from "./endpoint.js";
import type { BodyReader, Exchange, ExchangeLimits } from "./exchange.js";
import { KnownHead } from "./known-head.js";
import { now } from "./recording.js";

/** The result of a request: an exchange over an open connection, or no connection. */
export type Sent =
  | {
      readonly how: "exchanged";
      readonly exchange: Exchange;
      /** Time to open the connection; 0 if an open one was used. */
      readonly connectSeconds: number;
    }
  | { readonly how: "unreachable"; readonly tried: bigint; readonly error: Error };

/** Sends prepared requests over kept-alive connections, opening a new one if none is free. */
export interface Transport {
  /**
   * Sends a request once, and has its body read by the reader from `makeReader`.
   *
   * A `repeatable` request is sent again, with a new reader, if a kept connection dies before any answer. Other requests are
   * not: the server may have computed them, and would find their prompts in a cache. Rejects with the signal's reason, or
   * what the reader throws.
   */
  send<R extends BodyReader>(
    request: Buffer,
    makeReader: () => R,
    limits: ExchangeLimits,
    kind?: "repeatable",
  ): Promise<{ readonly sent: Sent; readonly reader: R }>;
  /** Closes idle connections at once, and those in use after their exchange. */
  close(): void;
}

/**
 * Servers close idle connections, the earliest known after two seconds, so a connection idle for longer than this is not
 * used.
 */
const IDLE_SECONDS = 1;

export function createTransport(endpoint: Endpoint, options: ConnectionOptions): Transport {
  const idle: { readonly carrier: Carrier; readonly since: bigint }[] = [];
  const knownHead = new KnownHead();
  let closed = false;
  /** A server that closes connections it promised to keep gets a new one for each request. */
  let keeps = true;

  const takeIdle = (): Carrier | undefined => {
    for (let last = idle.pop(); last !== undefined; last = idle.pop()) {
      const { carrier, since } = last;
      if (carrier.connection.alive && Number(now() - since) / 1e9 < IDLE_SECONDS) return carrier;
      carrier.connection.destroy();
    }
    return undefined;
  };

  const keep = (carrier: Carrier): void => {
    if (closed || !keeps) carrier.connection.destroy();
    else {
      carrier.connection.takeBack();
      idle.push({ carrier, since: now() });
    }
  };

  return {
    async send(request, makeReader, limits, kind) {
      limits.signal?.throwIfAborted();
      // One signal may end hundreds of requests; more than ten listeners are not a leak here.
      if (limits.signal !== undefined) setMaxListeners(0, limits.signal);
      if (idle.length > 0) await nextPoll();
      const kept = takeIdle();
      if (kept !== undefined) {
        const reader = makeReader();
        const exchange = await kept.exchange(request, reader, limits);
        if (exchange.reusable) keep(kept);
        const unanswered = exchange.end.how === "cut" && exchange.firstByte === null;
        if (unanswered) keeps = false;
        if (!unanswered || kind !== "repeatable")
          return { sent: { how: "exchanged", exchange, connectSeconds: 0 }, reader };
      }
      const reader = makeReader();
      const tried = now();
      let connection: Connection;
      try {
        connection = await openConnection(endpoint, options, limits.signal);
      } catch (error) {
        limits.signal?.throwIfAborted();
        return { sent: { how: "unreachable", tried, error: error as Error }, reader };
      }
      const fresh = new Carrier(connection, knownHead);
      const exchange = await fresh.exchange(request, reader, limits);
      if (exchange.reusable) keep(fresh);
      return { sent: { how: "exchanged", exchange, connectSeconds: connection.openSeconds }, reader };
    },
    close() {
      closed = true;
      for (const { carrier } of idle.splice(0)) carrier.connection.destroy();
    },
  };
}

/** Lets the sockets be polled once, so that a closed connection is recognised as dead. */
const nextPoll = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
