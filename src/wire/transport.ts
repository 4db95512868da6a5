import { setMaxListeners } from "node:events";
import { type Connection, type ConnectionOptions, openConnection } from "./connection.js";
import type { Endpoint } from "./endpoint.js";
import { type BodyReader, type Exchange, type ExchangeLimits, exchange } from "./exchange.js";
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
  const idle: { readonly connection: Connection; readonly since: bigint }[] = [];
  let closed = false;
  /** A server that closes connections it promised to keep gets a new one for each request. */
  let keeps = true;

  const takeIdle = async (): Promise<Connection | undefined> => {
    if (idle.length === 0) return undefined;
    await nextPoll();
    for (let last = idle.pop(); last !== undefined; last = idle.pop()) {
      if (last.connection.alive && Number(now() - last.since) / 1e9 < IDLE_SECONDS) return last.connection;
      last.connection.destroy();
    }
    return undefined;
  };

  const keep = (connection: Connection): void => {
    if (closed || !keeps) connection.destroy();
    else {
      connection.takeBack();
      idle.push({ connection, since: now() });
    }
  };

  const sendOver = async <R extends BodyReader>(
    connection: Connection,
    request: Buffer,
    reader: R,
    limits: ExchangeLimits,
  ): Promise<Exchange> => {
    const result = await exchange(connection, request, reader, limits);
    if (result.reusable) keep(connection);
    return result;
  };

  return {
    async send(request, makeReader, limits, kind) {
      limits.signal?.throwIfAborted();
      // One signal may end hundreds of requests; more than ten listeners are not a leak here.
      if (limits.signal !== undefined) setMaxListeners(0, limits.signal);
      const kept = await takeIdle();
      if (kept !== undefined) {
        const reader = makeReader();
        const result = await sendOver(kept, request, reader, limits);
        const unanswered = result.end.how === "cut" && result.firstByte === null;
        if (unanswered) keeps = false;
        if (!unanswered || kind !== "repeatable")
          return { sent: { how: "exchanged", exchange: result, connectSeconds: 0 }, reader };
      }
      const reader = makeReader();
      const tried = now();
      let fresh: Connection;
      try {
        fresh = await openConnection(endpoint, options, limits.signal);
      } catch (error) {
        limits.signal?.throwIfAborted();
        return { sent: { how: "unreachable", tried, error: error as Error }, reader };
      }
      const result = await sendOver(fresh, request, reader, limits);
      return { sent: { how: "exchanged", exchange: result, connectSeconds: fresh.openSeconds }, reader };
    },
    close() {
      closed = true;
      for (const { connection } of idle.splice(0)) connection.destroy();
    },
  };
}

/** Lets the sockets be polled once, so that a closed connection is recognised as dead. */
const nextPoll = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
