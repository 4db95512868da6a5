import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "./scripted-server.js";

/** How a templated server was "started". */
export interface TemplatedOptions {
  /** The text of one user message in the model's template; null: a base model, which has none. Default ChatML's. */
  readonly template?: ((content: string) => string) | null;
  /** A real tokenizer in place of the server's own of words and signs. */
  readonly tokenizer?: Pick<TemplatedServer, "encode" | "decode">;
  /** BOS stands before bare prompts and in the template's rendering. */
  readonly bos?: boolean;
  /** Which of its own a server renders templates by; `none`: it has no such route. Default vLLM's. */
  readonly renders?: "tokenize" | "apply-template" | "none";
  /** It has no `/tokenize` at all. */
  readonly hidesTokens?: boolean;
  /** The most tokens of prompt and answer together. */
  readonly limit?: number;
  /** `/v1/models` tells the limit. */
  readonly tellsLimit?: boolean;
  /** The refusal of a longer request. Default vLLM's, as of 0.10. */
  readonly refusal?: (facts: { limit: number; prompt: number; asked: number }) => {
    readonly status: number;
    readonly body: unknown;
  };
  /** What the model goes on with, stop texts and output limit aside. */
  readonly answer?: (prompt: string) => string;
  /** Stop texts count in what stands here, before the answer: a thought that a parser takes out of it. */
  readonly thought?: string;
  /** It refuses a request that has this field. */
  readonly refuses?: string;
  /** It fails, for no reason of length, at prompts with this text. */
  readonly failsAt?: string;
  /** It has no `/v1/completions`. */
  readonly chatsOnly?: boolean;
  /** How many of a prompt's tokens come from its cache, which then keeps the prompt. Default none. */
  readonly cached?: (ids: readonly number[], salt: unknown) => number;
}

/** One completion as the server saw it: the ids of the whole prompt. */
export interface SeenCompletion {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly ids: readonly number[];
  readonly status: number;
}

/** A real HTTP server with a reversible tokenizer, a chat template and a context limit, modelled on vLLM. */
export interface TemplatedServer {
  readonly url: string;
  readonly seen: readonly SeenCompletion[];
  /** The ids of a text, and the text of ids. */
  encode(text: string): number[];
  decode(ids: readonly number[]): string;
  close(): Promise<void>;
}

export const chatMl = (content: string): string =>
  `<|im_start|>user\n${content}<|im_end|>\n<|im_start|>assistant\n`;

const BOS = "<s>";

/** vLLM's words, `vllm/entrypoints/openai/serving_engine.py` of 0.10. */
const vllmRefusal = ({ limit, prompt, asked }: { limit: number; prompt: number; asked: number }) => ({
  status: 400,
  body: {
    object: "error",
    message:
      `This model's maximum context length is ${limit} tokens. However, you requested ${prompt + asked} tokens ` +
      `(${prompt} in the messages, ${asked} in the completion). Please reduce the length of the messages or completion.`,
    type: "BadRequestError",
    code: 400,
  },
});

export async function templatedServer(options: TemplatedOptions = {}): Promise<TemplatedServer> {
  const {
    template = chatMl,
    bos = false,
    renders = "tokenize",
    hidesTokens = false,
    limit = 32_768,
    tellsLimit = true,
    refusal = vllmRefusal,
    answer = () => " Four",
    thought = "",
    refuses,
    failsAt,
    chatsOnly = false,
    cached = () => 0,
  } = options;
  const names: string[] = [BOS];
  const idOf = new Map<string, number>([[BOS, 0]]);
  const encodeWords = (text: string): number[] =>
    (text.match(/<\|?[a-z_]+\|?>| ?[\p{L}\p{N}_]+|\s|[^\s\p{L}\p{N}_]/gu) ?? []).map((piece) => {
      const known = idOf.get(piece);
      if (known !== undefined) return known;
      idOf.set(piece, names.length);
      return names.push(piece) - 1;
    });
  const decodeWords = (ids: readonly number[]): string => ids.map((id) => names[id] ?? "").join("");
  const { encode, decode } = options.tokenizer ?? { encode: encodeWords, decode: decodeWords };
  const rendered = (messages: readonly { readonly content: string }[]): string =>
    template === null ? "" : (bos ? BOS : "") + template(messages.map(({ content }) => content).join("\n"));
  const seen: SeenCompletion[] = [];

  const complete = (response: ServerResponse, path: string, body: Record<string, unknown>): unknown => {
    const isChat = path.endsWith("/chat/completions");
    const prompt = body.prompt as string | readonly number[];
    const ids = isChat
      ? encode(rendered(body.messages as { content: string }[]))
      : typeof prompt === "string"
        ? encode((bos ? BOS : "") + prompt)
        : prompt;
    const asked = (body.max_tokens as number | undefined) ?? 16;
    const say = (status: number, error: unknown): unknown => {
      seen.push({ path, body, ids, status });
      return status === 200 ? undefined : json(response, status, error);
    };
    if (isChat && template === null) {
      return say(400, {
        error: { message: "As of transformers v4.44, a chat template must be provided.", code: 400 },
      });
    }
    if (refuses !== undefined && refuses in body) {
      return say(400, {
        error: { message: `Unsupported parameter: '${refuses}' is not supported with this model.` },
      });
    }
    if (failsAt !== undefined && decode(ids).includes(failsAt)) {
      return say(500, { error: { message: "The engine is dead." } });
    }
    if (ids.length + asked > limit) {
      const { status, body: error } = refusal({ limit, prompt: ids.length, asked });
      return say(status, error);
    }
    say(200, null);
    const text = thought + answer(decode(ids));
    const stops = ((body.stop as string[] | undefined) ?? [])
      .map((stop) => text.indexOf(stop))
      .filter((at) => at >= 0);
    const all = encode(stops.length > 0 ? text.slice(0, Math.min(...stops)) : text);
    const kept = decode(all.slice(0, asked)).slice(thought.length);
    const finish_reason = all.length > asked ? "length" : "stop";
    const event = (value: unknown) => response.write(`data: ${JSON.stringify(value)}\n\n`);
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of kept === "" ? [] : kept.match(/\s*\S+\s*|\s+/g)!) {
      event({
        choices: [
          { index: 0, ...(isChat ? { delta: { content: piece } } : { text: piece }), finish_reason: null },
        ],
      });
    }
    event({ choices: [{ index: 0, ...(isChat ? { delta: {} } : { text: "" }), finish_reason }] });
    const cached_tokens = cached(ids, body.cache_salt);
    const usage = { prompt_tokens: ids.length, completion_tokens: all.slice(0, asked).length };
    event({ choices: [], usage: { ...usage, prompt_tokens_details: { cached_tokens } } });
    return response.end("data: [DONE]\n\n");
  };

  const route = (response: ServerResponse, path: string, body: Record<string, unknown>): unknown => {
    const messages = body.messages as { content: string }[] | undefined;
    if (path === "/v1/models") {
      const told = tellsLimit ? { max_model_len: limit } : {};
      return json(response, 200, { object: "list", data: [{ id: "templated", object: "model", ...told }] });
    }
    if (path === "/apply-template" && renders === "apply-template" && template !== null) {
      return json(response, 200, { prompt: template(messages!.map(({ content }) => content).join("\n")) });
    }
    if (path === "/tokenize" && !hidesTokens) {
      if (messages !== undefined && (renders !== "tokenize" || template === null)) {
        return json(response, 400, { error: { message: "a chat template must be provided" } });
      }
      const special = bos && body.add_special_tokens !== false ? BOS : "";
      const tokens = encode(messages === undefined ? special + String(body.prompt) : rendered(messages));
      return json(response, 200, { count: tokens.length, max_model_len: limit, tokens, token_strs: null });
    }
    if (path === "/detokenize" && !hidesTokens) {
      return json(response, 200, { prompt: decode(body.tokens as number[]) });
    }
    if (path === "/v1/chat/completions" || (path === "/v1/completions" && !chatsOnly)) {
      return complete(response, path, body);
    }
    return json(response, 404, { error: { message: `There is no ${path}.` } });
  };

  const server = createServer(async (request, response) => {
    const text = await read(request);
    route(response, request.url ?? "", text === "" ? {} : (JSON.parse(text) as Record<string, unknown>));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    encode,
    decode,
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
