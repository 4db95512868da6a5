import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from "node:net";
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
 * A connection over a socket. One class for all, because objects with getters of their own are each of another kind to the
 * compiler, and what meets many kinds is slow.
 */
class SocketConnection implements Connection {
  readonly recording = new Recording();
  readonly socket: Socket;
  openSeconds = Number.NaN;
  #user: ConnectionUser | null = null;
  #ended = false;

  constructor(open: (onread: OnReadOpts) => Socket) {
    this.socket = open({
      buffer: landing,
      callback: (length) => {
        const at = now();
        this.recording.append(at, landing, 0, length);
        if (this.#user === null) this.socket.destroy();
        else this.#user.onRead(at);
        return true;
      },
    });
  }

  get alive(): boolean {
    return !this.#ended && !this.socket.destroyed;
  }

  get flushed(): boolean {
    return this.socket.writableLength === 0;
  }

  lend(user: ConnectionUser): void {
    this.recording.clear();
    this.#user = user;
    this.socket.ref();
  }

  takeBack(): void {
    this.#user = null;
    this.socket.unref();
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** The peer has closed it, or it has failed. */
  end(error: NodeJS.ErrnoException | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.socket.destroy();
    this.#user?.onClose(error);
  }
}

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
    let error: NodeJS.ErrnoException | null = null;
    const connection = new SocketConnection((onread) => openSocket(endpoint, options, onread));
    const { socket } = connection;

    const timer = setTimeout(() => {
      socket.destroy(new ConnectTimeout(`no connection within ${options.timeoutSeconds} s`));
    }, options.timeoutSeconds * 1000);

    const abort = (): void => void socket.destroy();
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();

    socket.on("error", (reason) => {
      error = reason;
    });
    socket.on("end", () => connection.end(error));
    socket.on("close", () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      reject(error ?? new Error("the connection was closed while it was being opened"));
      connection.end(error);
    });
    socket.once(endpoint.secure ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      socket.setNoDelay(true);
      connection.openSeconds = Number(now() - started) / 1e9;
      resolve(connection);
    });
  });
}

function openSocket({ host, port, secure }: Endpoint, { ca }: ConnectionOptions, onread: OnReadOpts): Socket {
  if (!secure) return connectTcp({ host, port, onread });
  return connectTls({
    host,
    port,
    ALPNProtocols: ["http/1.1"],
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...({ onread } as TlsOptions),
  });
}
