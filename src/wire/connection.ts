import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions as TlsOptions } from "node:tls";
import type { Endpoint } from "./endpoint.js";
import { now, Recording } from "./recording.js";

/** Callbacks for the user of a connection. */
export interface ConnectionUser {
  /** A read has been stamped and recorded. */
  onRead(at: bigint): void;
  /** No more bytes will come; `error` is `null` if the peer closed normally. Called once. */
  onClose(error: NodeJS.ErrnoException | null): void;
}

/** An open byte stream to the server. At most one user has it at a time. */
export interface Connection {
  /** Time to open it: DNS, TCP and TLS. */
  readonly openSeconds: number;
  readonly alive: boolean;
  /** Everything written has been handed to the system. */
  readonly flushed: boolean;
  /** The reads since its user last cleared it. */
  readonly recording: Recording;
  /** Hands the stream to a user, and keeps the process running for it. */
  lend(user: ConnectionUser): void;
  /** Takes it back: an idle connection does not keep the process running, and is closed by any byte it receives. */
  takeBack(): void;
  write(bytes: Buffer): void;
  destroy(): void;
}

export interface ConnectionOptions {
  readonly timeoutSeconds: number;
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string | undefined;
}

/** The connection was not open within the time allowed. */
export class ConnectTimeout extends Error {
  override readonly name = "ConnectTimeout";
}

/** Every read of every connection lands here and is copied out before the next. */
const landing = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Opens a connection; rejects with the socket's own error, or `ConnectTimeout`.
 *
 * `onread` passes each read straight from the socket to a callback, without the events of a Node stream: at 256 concurrent
 * streams this reduces the 99th percentile of the stamps' error from milliseconds to a tenth of a millisecond.
 */
export function openConnection(
  endpoint: Endpoint,
  options: ConnectionOptions,
  signal?: AbortSignal,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const started = now();
    const recording = new Recording();
    let user: ConnectionUser | null = null;
    let error: NodeJS.ErrnoException | null = null;

    const onread = {
      buffer: landing,
      callback(length: number): boolean {
        const at = now();
        recording.append(at, landing, 0, length);
        if (user === null) socket.destroy();
        else user.onRead(at);
        return true;
      },
    };
    const { host, port } = endpoint;
    const socket: Socket = endpoint.secure
      ? connectTls({
          host,
          port,
          ALPNProtocols: ["http/1.1"],
          ...(isIP(host) === 0 ? { servername: host } : {}),
          ...(options.ca === undefined ? {} : { ca: options.ca }),
          ...({ onread } as TlsOptions),
        })
      : connectTcp({ host, port, onread });

    const timer = setTimeout(() => {
      socket.destroy(new ConnectTimeout(`no connection within ${options.timeoutSeconds} s`));
    }, options.timeoutSeconds * 1000);

    const abort = (): void => void socket.destroy();
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();

    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      socket.destroy();
      user?.onClose(error);
    };
    socket.on("error", (reason) => {
      error = reason;
    });
    socket.on("end", end);
    socket.on("close", () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      reject(error ?? new Error("the connection was closed while it was being opened"));
      end();
    });
    socket.once(endpoint.secure ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      socket.setNoDelay(true);
      resolve({
        recording,
        openSeconds: Number(now() - started) / 1e9,
        get alive() {
          return !ended && !socket.destroyed;
        },
        get flushed() {
          return socket.writableLength === 0;
        },
        lend(next) {
          recording.clear();
          user = next;
          socket.ref();
        },
        takeBack() {
          user = null;
          socket.unref();
        },
        write(bytes) {
          socket.write(bytes);
        },
        destroy() {
          socket.destroy();
        },
      });
    });
  });
}
