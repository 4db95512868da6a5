import { type AddressInfo, createServer, type Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import {
  DONE,
  delta,
  json,
  play,
  ROLE,
  type ScriptedRequest,
  type Step,
  serveScript,
  stream,
  usage,
} from "../client/scripted-server.js";

/** What a path answers: the same each time, or by the request and how many came to this path before, from 1. */
export type Answer = Iterable<Step> | ((request: ScriptedRequest, nth: number) => Iterable<Step>);

/** What a server does wrong; whatever is not named here it does well. */
export interface Hostility {
  /** Sent on every connection before a request is read, and no request is answered. */
  readonly greeting?: Iterable<Step>;
  readonly tls?: TlsOptions;
  /** By path, without its query. */
  readonly paths?: Readonly<Record<string, Answer>>;
}

export interface HostileServer {
  /** With http or https, without a path. */
  readonly origin: string;
  readonly requests: readonly ScriptedRequest[];
  close(): Promise<void>;
}

/** Leaves the connection open and says nothing. */
export const SILENCE: readonly Step[] = [];

const CHATS = "/v1/chat/completions";

/**
 * Answers the measured chats so. What a command asks ahead, for one token, is answered well and not counted.
 */
export const chats = (answer: Answer): Hostility => {
  let measured = 0;
  const measuredOnly: Answer = (request) => {
    if (isAhead(request)) return answerWell(request);
    measured += 1;
    return stepsOf(answer, request, measured);
  };
  return { paths: { [CHATS]: measuredOnly } };
};

/** Answers the measured chat of this number so, and the others well. */
export const nthChat = (number: number, answer: Answer): Hostility =>
  chats((request, nth) => (nth === number ? stepsOf(answer, request, nth) : answerWell(request)));

/** Answers one path so, and the others well. */
export const path = (name: string, answer: Answer): Hostility => ({ paths: { [name]: answer } });

/** A whole good stream that says "Hi"; of its prompt nothing was cached. */
export const answerWell = (request: ScriptedRequest): readonly Step[] =>
  stream(ROLE, delta({ content: "Hi" }, "stop"), usage(Math.round(promptOf(request).length / 4), 1), DONE);

/** Starts a server that is hostile as described. */
export async function serveHostility({ greeting, tls, paths = {} }: Hostility): Promise<HostileServer> {
  if (greeting !== undefined) return serveGreeting(greeting);
  const asked = new Map<string, number>();
  const { url, requests, close } = await serveScript((request) => {
    const name = request.path.replace(/\?.*/s, "");
    const nth = (asked.get(name) ?? 0) + 1;
    asked.set(name, nth);
    const answer = Object.hasOwn(paths, name) ? paths[name] : undefined;
    return answer === undefined ? answerAsUsual(name, request) : stepsOf(answer, request, nth);
  }, tls);
  return { origin: url, requests, close };
}

function answerAsUsual(name: string, request: ScriptedRequest): Iterable<Step> {
  if (name === "/v1/models") return [json({ object: "list", data: [{ id: "tiny", object: "model" }] })];
  return name === CHATS ? answerWell(request) : [json({ detail: "Not Found" }, "404 Not Found")];
}

function stepsOf(answer: Answer, request: ScriptedRequest, nth: number): Iterable<Step> {
  return typeof answer === "function" ? answer(request, nth) : answer;
}

const isAhead = ({ body }: ScriptedRequest): boolean =>
  (JSON.parse(body) as { readonly max_tokens?: number }).max_tokens === 1;

function promptOf({ body }: ScriptedRequest): string {
  const { messages } = JSON.parse(body) as { readonly messages: readonly { readonly content: string }[] };
  return messages.map(({ content }) => content).join("\n");
}

async function serveGreeting(greeting: Iterable<Step>): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).resume();
    void play(socket, greeting);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    requests: [],
    close: () =>
      new Promise((closed) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => closed());
      }),
  };
}
