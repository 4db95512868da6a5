import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { begin, finish, json } from "./scripted-server.js";

/** How a caching server stores and finds the KV of prompts. */
export interface Caching {
  /** Nothing; whole prompts; the longest beginning in blocks; or, with the prefix cache off, segments between separators. */
  readonly stores: "nothing" | "prompts" | "prefixes" | "segments";
  readonly blockTokens: number;
  /** Prompts of different `cache_salt` share nothing. */
  readonly heedsSalt: boolean;
  /** Keeps the last prompt only, as one slot of llama.cpp does. */
  readonly slots?: 1;
  /** Tokens of a template before every prompt. */
  readonly template?: number;
  /** The model's entry in `/models`, beside its id, and further routes: texts, or JSON. */
  readonly model?: Readonly<Record<string, unknown>>;
  readonly routes?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CachingServer {
  readonly url: string;
  /** The prompts of the completions so far, as token ids. */
  readonly prompts: readonly (readonly number[])[];
  close(): Promise<void>;
}

/** What joins segments, as LMCache's `" # # "`. */
const SEPARATOR = "#";

/** A real HTTP server whose tokens are words, and which reports what it took from its cache as vLLM does. */
export async function cachingServer(caching: Caching): Promise<CachingServer> {
  const vocabulary = new Map<string, number>();
  const idsOf = (text: string): number[] =>
    (text.match(/\S+/g) ?? []).map((word) => {
      const id = vocabulary.get(word) ?? vocabulary.size;
      vocabulary.set(word, id);
      return id;
    });
  const separator = idsOf(SEPARATOR)[0]!;
  const template = idsOf(Array.from({ length: caching.template ?? 0 }, (_, i) => `<t${i}>`).join(" "));
  let prefixes: { readonly salt: string; readonly ids: readonly number[] }[] = [];
  const segments = new Set<string>();
  const prompts: (readonly number[])[] = [];

  const fromPrefix = (ids: readonly number[], salt: string): number => {
    let longest = 0;
    for (const earlier of prefixes) {
      if (earlier.salt !== salt) continue;
      let length = 0;
      while (length < ids.length - 1 && ids[length] === earlier.ids[length]) length += 1;
      longest = Math.max(longest, length);
    }
    if (caching.slots === 1) prefixes = [];
    prefixes.push({ salt, ids });
    return Math.floor(longest / caching.blockTokens) * caching.blockTokens;
  };

  const fromPrompts = (ids: readonly number[]): number => {
    const isFound = prefixes.some((earlier) => earlier.ids.join() === ids.join());
    prefixes.push({ salt: "", ids });
    return isFound ? ids.length - 1 : 0;
  };

  /** As LMCache: the leading segments that are all stored, with their separators; the last token is always computed. */
  const fromSegments = (ids: readonly number[]): number => {
    let cached = 0;
    let start = 0;
    let isFound = true;
    while (start < ids.length) {
      const found = ids.indexOf(separator, start);
      const end = found === -1 ? ids.length : found;
      const key = ids.slice(start, end).join();
      isFound &&= segments.has(key);
      if (isFound) cached = Math.min(end + 1, ids.length - 1);
      segments.add(key);
      start = end + 1;
    }
    return cached;
  };

  const server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    for (const [name, value] of Object.entries(caching.headers ?? {})) response.setHeader(name, value);
    const body = await read(request);
    if (path === "/v1/models") {
      return json(response, 200, { data: [{ id: "caching", object: "model", ...caching.model }] });
    }
    const route = caching.routes?.[path];
    if (typeof route === "string") return response.end(route);
    if (route !== undefined) return json(response, 200, route);
    if (path === "/tokenize") {
      const tokens = idsOf(String(body.prompt));
      return json(response, 200, { count: tokens.length, tokens });
    }
    if (!/^\/v1\/(chat\/)?completions$/.test(path)) return json(response, 404, { detail: "Not Found" });
    const messages = body.messages as { content: string }[] | undefined;
    const prompt = messages?.map(({ content }) => content).join("\n") ?? body.prompt;
    const own = Array.isArray(prompt) ? (prompt as number[]) : idsOf(String(prompt));
    const ids = [...template, ...own];
    prompts.push(ids);
    const salt = caching.heedsSalt ? String(body.cache_salt ?? "") : "";
    const cached_tokens = {
      nothing: () => 0,
      prompts: fromPrompts,
      prefixes: fromPrefix,
      segments: fromSegments,
    }[caching.stores](ids, salt);
    begin(response);
    const choice = messages === undefined ? { text: "word" } : { delta: { content: "word" } };
    response.write(
      `data: ${JSON.stringify({ choices: [{ index: 0, ...choice, finish_reason: "length" }] })}\n\n`,
    );
    finish(response, {
      prompt_tokens: ids.length,
      completion_tokens: 1,
      prompt_tokens_details: { cached_tokens },
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    prompts,
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}

async function read(request: IncomingMessage): Promise<Record<string, unknown>> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString("utf8");
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}
