import { type AddressInfo, createServer, type Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import {
  DONE,
  delta,
  event,
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
  /** How measured completions are answered; what a command asks ahead, for one token, is not counted among them. */
  readonly chats?: Answer;
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

const COMPLETIONS = /^\/v1\/(chat\/)?completions$/;

/** Answers the measured completions so, and all else well. */
export const chats = (answer: Answer): Hostility => ({ chats: answer });

/** Answers the measured completion of this number so, and the others well. */
export const nthChat = (number: number, answer: Answer): Hostility =>
  chats((request, nth) => (nth === number ? stepsOf(answer, request, nth) : answerWell(request)));

/** Answers one path so, and the others well. */
export const path = (name: string, answer: Answer): Hostility => ({ paths: { [name]: answer } });

/** A good answer that says "Hi", streamed where a stream was asked for. */
export const answerWell = (request: ScriptedRequest): readonly Step[] => {
  const { stream: isStreamed, messages, prompt } = bodyOf(request);
  const asked = messages?.map(({ content }) => content).join("\n") ?? prompt ?? "";
  const counts = [Math.round(asked.length / 4), 1] as const;
  if (isStreamed) {
    const answer = messages === undefined ? event({ choices: [{ index: 0, text: "Hi" }] }) : HI;
    return stream(ROLE, answer, delta({}, "stop"), usage(...counts), DONE);
  }
  const choice = { index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" };
  return [json({ choices: [choice], usage: { prompt_tokens: counts[0], completion_tokens: counts[1] } })];
};

const HI = delta({ content: "Hi" });

/** Starts a server that is hostile as described. */
export async function serveHostility(hostility: Hostility): Promise<HostileServer> {
  if (hostility.greeting !== undefined) return serveGreeting(hostility.greeting);
  const asked = new Map<string, number>();
  const count = (what: string): number => {
    asked.set(what, (asked.get(what) ?? 0) + 1);
    return asked.get(what)!;
  };
  const { url, requests, close } = await serveScript((request) => {
    const name = nameOf(request);
    const { paths = {}, chats: measured } = hostility;
    if (Object.hasOwn(paths, name)) return stepsOf(paths[name]!, request, count(name));
    if (measured !== undefined && isMeasured(request)) return stepsOf(measured, request, count("measured"));
    return answerAsUsual(name, request);
  }, hostility.tls);
  return { origin: url, requests, close };
}

function answerAsUsual(name: string, request: ScriptedRequest): Iterable<Step> {
  if (name === "/v1/models") return [json({ object: "list", data: [{ id: "tiny", object: "model" }] })];
  return COMPLETIONS.test(name) ? answerWell(request) : [json({ detail: "Not Found" }, "404 Not Found")];
}

function stepsOf(answer: Answer, request: ScriptedRequest, nth: number): Iterable<Step> {
  return typeof answer === "function" ? answer(request, nth) : answer;
}

/** Whether a request is one that a command records: what it asks ahead asks for one token. */
export const isMeasured = (request: ScriptedRequest): boolean =>
  COMPLETIONS.test(nameOf(request)) && bodyOf(request).max_tokens !== 1;

const nameOf = ({ path }: ScriptedRequest): string => path.replace(/\?.*/s, "");

interface Asked {
  readonly stream?: boolean;
  readonly max_tokens?: number;
  readonly messages?: readonly { readonly content: string }[];
  readonly prompt?: string;
}

const bodyOf = ({ body }: ScriptedRequest): Asked => JSON.parse(body) as Asked;

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
