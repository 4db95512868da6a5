import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

export interface ScriptedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Connections are numbered from 1 in the order they came. */
  readonly connection: number;
}

/** Text or bytes to write, milliseconds to wait, or what to do with the connection. */
export type Step = string | Buffer | number | "CLOSE" | "RESET";

/** What to answer, a generator for what has no end; `undefined` leaves the connection open and silent. */
export type Script = (request: ScriptedRequest) => Iterable<Step> | undefined;

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly ScriptedRequest[];
  readonly connections: number;
  /** Writes to every open connection, now. */
  push(bytes: string): void;
  close(): Promise<void>;
}

/** A real server that answers each request with exactly the bytes of a script, each piece in a write of its own. */
export async function serveScript(script: Script, tls?: TlsOptions): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const onConnection = (socket: Socket): void => {
    connections += 1;
    const connection = connections;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    let received = Buffer.alloc(0);
    let turn = Promise.resolve();
    socket.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      for (let request = takeRequest(); request !== null; request = takeRequest()) {
        const steps = script(request);
        requests.push(request);
        turn = turn.then(() => play(socket, steps ?? []));
      }
    });
    const takeRequest = (): ScriptedRequest | null => {
      const end = received.indexOf("\r\n\r\n");
      if (end === -1) return null;
      const [first = "", ...lines] = received.toString("latin1", 0, end).split("\r\n");
      const headers = Object.fromEntries(lines.map((line) => line.match(/^(.*?): *(.*)$/)!.slice(1)));
      const length = Number(headers["content-length"] ?? 0);
      if (received.length < end + 4 + length) return null;
      const body = received.toString("utf8", end + 4, end + 4 + length);
      received = received.subarray(end + 4 + length);
      const [method = "", path = ""] = first.split(" ");
      return { method, path, headers, body, connection };
    };
  };
  const server = tls === undefined ? createServer(onConnection) : createTlsServer(tls, onConnection);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 1024, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    requests,
    get connections() {
      return connections;
    },
    push: (bytes) => {
      for (const socket of sockets) socket.write(bytes);
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Does one step after the other, as long as the connection is there. */
export async function play(socket: Socket, steps: Iterable<Step>): Promise<void> {
  for (const step of steps) {
    if (socket.destroyed) return;
    if (typeof step === "number") await new Promise((resolve) => setTimeout(resolve, step));
    else if (step === "CLOSE") socket.end();
    else if (step === "RESET") socket.resetAndDestroy();
    else {
      await new Promise((resolve) => socket.write(step, resolve));
      // Room for the client to read this piece before the next is there.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** A whole JSON answer. */
export function json(value: unknown, status = "200 OK", headers = ""): string {
  const body = JSON.stringify(value);
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** The head of a chunked event stream. */
export const STREAM_HEAD =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/** One chunk of a chunked body. */
export const chunk = (body: string): string => `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n`;

export const LAST_CHUNK = "0\r\n\r\n";

/** An event with one chat-completion chunk. */
export const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

export const delta = (fields: unknown, finish: string | null = null): string =>
  event({ object: "chat.completion.chunk", choices: [{ index: 0, delta: fields, finish_reason: finish }] });

export const ROLE = delta({ role: "assistant", content: "" });

export const usage = (prompt: number, completion: number, details: unknown = undefined): string =>
  event({
    choices: [],
    usage: { prompt_tokens: prompt, completion_tokens: completion, prompt_tokens_details: details },
  });

export const DONE = "data: [DONE]\n\n";

/** A well-formed stream of these events, each in a chunk and a write of its own. */
export const stream = (...events: readonly string[]): readonly Step[] => [
  STREAM_HEAD,
  ...events.map(chunk),
  LAST_CHUNK,
];

/** A server with one model and no tokenizer, whose chats follow a script. */
export function serveChat(script: Script, tls?: TlsOptions): Promise<ScriptedServer> {
  return serveScript((request) => {
    if (request.path === "/v1/models")
      return [json({ object: "list", data: [{ id: "tiny", object: "model" }] })];
    if (request.path === "/v1/chat/completions") return script(request);
    return [json({ detail: "Not Found" }, "404 Not Found")];
  }, tls);
}
