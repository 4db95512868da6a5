import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A real HTTP server that answers completions as a test scripts them. */
export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  /** Bodies of the completion requests so far. */
  readonly chats: readonly Record<string, unknown>[];
  close(): Promise<void>;
}

export type Answer = (
  response: ServerResponse,
  request: { readonly body: Record<string, unknown>; readonly count: number },
) => void;

/** Serves `/v1/models` and lets `answer` do the completions, of chats and of bare prompts; `count` is 1 for the first of them. */
export async function scriptedServer(
  answer: Answer,
  models: unknown = { object: "list", data: [{ id: "scripted", object: "model", max_model_len: 32_768 }] },
  onRequest: (headers: IncomingHttpHeaders) => void = () => {},
): Promise<ScriptedServer> {
  const chats: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    onRequest(request.headers);
    if (request.url === "/v1/models") return json(response, 200, models);
    if (!/^\/v1\/(chat\/)?completions$/.test(request.url ?? ""))
      return json(response, 404, { error: { message: "no such route" } });
    const body = JSON.parse(await read(request)) as Record<string, unknown>;
    chats.push(body);
    answer(response, { body, count: chats.length });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    chats,
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Begins a stream of server-sent events; send the events with {@link delta} and end it with {@link finish}. */
export function begin(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
}

/** Sends one delta. */
export function delta(response: ServerResponse, fields: Readonly<Record<string, unknown>>): void {
  response.write(
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: fields, finish_reason: null }] })}\n\n`,
  );
}

/** Ends a stream as servers do: usage, `[DONE]`, and the connection kept. */
export function finish(response: ServerResponse, usage: Readonly<Record<string, unknown>>): void {
  response.write(`data: ${JSON.stringify({ choices: [], usage })}\n\n`);
  response.end("data: [DONE]\n\n");
}

/** A whole good answer that reports `cached` cached tokens. */
export function answerWell(response: ServerResponse, cached = 0, promptTokens = 100): void {
  begin(response);
  delta(response, { role: "assistant", content: "" });
  delta(response, { content: "Hello" });
  finish(response, {
    prompt_tokens: promptTokens,
    completion_tokens: 1,
    prompt_tokens_details: { cached_tokens: cached },
  });
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
