import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A server that holds requests back, and knows how many it holds. */
export interface GateServer {
  readonly url: string;
  /** The most requests it ever held at once. */
  readonly most: number;
  readonly seen: number;
  readonly sockets: ReadonlySet<Socket>;
  /** Answers all it holds. */
  release(): void;
  close(): Promise<void>;
}

/** `onRequest` gets what is held after each arrival; what it returns is answered, in this order. */
export async function gateServer(
  onRequest: (held: readonly ServerResponse[], seen: number) => readonly ServerResponse[],
  answer: (response: ServerResponse) => void,
  onConnection: () => void = () => {},
): Promise<GateServer> {
  let held: readonly ServerResponse[] = [];
  let most = 0;
  let seen = 0;
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      seen += 1;
      held = [...held, response];
      most = Math.max(most, held.length);
      free(onRequest(held, seen));
    });
  });
  const free = (freed: readonly ServerResponse[]): void => {
    held = held.filter((one) => !freed.includes(one));
    for (const one of freed) answer(one);
  };
  server.on("connection", (socket) => {
    sockets.add(socket);
    onConnection();
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", 1024, listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    get most() {
      return most;
    },
    get seen() {
      return seen;
    },
    sockets,
    release: () => free(held),
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}

/** A whole chat completion. */
export function answerWhole(response: ServerResponse): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ choices: [{ message: { role: "assistant", content: "Hello" } }] }));
}
