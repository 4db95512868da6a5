import { randomUUID } from "node:crypto";
import {
  type ColdMeans,
  coldFieldsFor,
  coldRequest,
  fieldKeepsApart,
  findColdMeans,
} from "../../client/cold-request.js";
import type { Server } from "../../client/server.js";
import { withServerCounters } from "../../client/server-counters.js";
import { ServerError } from "../../domain/errors/errors.js";
import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";
import type { PromptFormat } from "../../domain/records/words.js";
import { sendPrompt } from "./send-prompt.js";

/** BOS, which a server may take from a cache of anything it is asked. */
const BOS_TOKENS = 1;

const found: Record<PromptFormat, WeakMap<Server, Promise<ColdMeans>>> = {
  chat: new WeakMap(),
  completions: new WeakMap(),
};

/**
 * What keeps a prompt of one format cold at a server: known from its kind and its template, or learnt from two short requests
 * if one of these is unknown, or if no field of its own does it. Determined once per server.
 *
 * @throws ServerError if those requests fail.
 */
export function coldMeansOf(server: Server, prompt: Pick<ChunkedPrompt, "format">): Promise<ColdMeans> {
  const { format = "completions" } = prompt;
  const known = found[format].get(server) ?? find(server, format);
  found[format].set(server, known);
  return known;
}

async function find(server: Server, format: PromptFormat): Promise<ColdMeans> {
  const recognition = await server.recognise();
  const fields = coldFieldsFor(recognition);
  const headTokens = format === "chat" ? await templateHead(server) : 0;
  if (recognition.sure && fields.length > 0 && headTokens !== null) {
    return {
      next: (salt) => coldRequest(fields, true, salt),
      keepsApart: fieldKeepsApart(recognition),
      templateTokens: BOS_TOKENS + headTokens,
    };
  }
  const send = async (body: Readonly<Record<string, unknown>>) => {
    const text = `${randomUUID()} is a name that nobody has.`;
    const whole = { prefix: "", chunks: [text], question: "", format };
    const { completion } = await withServerCounters(server, () =>
      sendPrompt(server, whole, text, { maxTokens: 1, body }),
    );
    return { completion, textTokens: await server.tokens.count(text) };
  };
  const means = await findColdMeans(server, send, 2, ({ error, status }) => {
    throw new ServerError(`A short request to ${server.url} failed: ${error}`, {
      url: server.url,
      ...(status !== null && { status }),
    });
  });
  return { ...means, templateTokens: Math.max(BOS_TOKENS + (headTokens ?? 0), means.templateTokens) };
}

/** The tokens of the chat template before a message; null if the server does not render it. */
async function templateHead(server: Server): Promise<number | null> {
  const template = await server.chatTemplate();
  return template === null ? null : template.bos.length + (await server.tokens.count(template.head));
}
