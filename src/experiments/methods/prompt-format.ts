import type { ChatTemplate } from "../../client/server/facts.js";
import type { Server } from "../../client/server.js";
import { OptionError } from "../../domain/errors/errors.js";
import type { Task } from "../../domain/records/example.js";
import { METHODS } from "../../domain/records/methods.js";
import type { PromptFormat, Wording } from "../../domain/records/words.js";
import type { Method } from "../../methods/request/method.js";

/** The formats that may be asked for. */
export const FORMATS = ["auto", "chat", "completions"] as const;

export type FormatChoice = (typeof FORMATS)[number];

/**
 * Wordings whose authors send bare prompts: CacheBlend's scripts contain their own instruction marks, and LongBench uses no
 * template for few-shot dialogues.
 *
 * Source: LongBench `pred.py`; CacheBlend @55ad026 `example/`.
 */
const isMeantBare = (wording: Wording, tasks: readonly Task[]): boolean =>
  wording === "cacheblend" ||
  wording === "bare" ||
  (wording === "longbench" && tasks.every((task) => task === "dialogue summary"));

/**
 * How all prompts of a run are sent, the same for every method. `auto`: as a chat if every server has a template and the
 * methods' chunks can be kept apart in it, else bare; a wording that is meant to be bare stays so if the servers accept that.
 *
 * @throws OptionError for a chat if some method can't ask one; the signal's reason if it aborts.
 */
export async function chooseFormat(
  asked: FormatChoice,
  methods: readonly Method[],
  prompts: { readonly wording: Wording; readonly tasks: readonly Task[] },
  signal?: AbortSignal,
): Promise<PromptFormat> {
  if (asked === "completions") return asked;
  const servers = [...new Set(methods.map(({ server }) => server))];
  const obstacle = await whyNoChat(methods);
  if (asked === "chat") {
    if (obstacle !== null) throw new OptionError("format", `can't be chat here: ${obstacle}`, asked);
    return asked;
  }
  if (obstacle !== null) return "completions";
  if (
    isMeantBare(prompts.wording, prompts.tasks) &&
    (await all(servers, (one) => answersBare(one, signal)))
  ) {
    return "completions";
  }
  return (await all(servers, (one) => chats(one, signal))) ? "chat" : "completions";
}

/** Why some method can't keep its chunks apart in a chat; null if all can, or have no chunks. */
async function whyNoChat(methods: readonly Method[]): Promise<string | null> {
  const templates: ChatTemplate[] = [];
  for (const { name, server } of methods) {
    const template = await server.chatTemplate();
    if (template !== null) templates.push(template);
    else if (METHODS[name].reuses === "chunks") {
      return `${server.url} does not render its chat template, so chunks can't be kept apart in it`;
    }
  }
  const isOne = templates.every((one) => JSON.stringify(one) === JSON.stringify(templates[0]));
  return isOne
    ? null
    : "the servers have different chat templates, so the methods would not be asked the same";
}

/** Whether a server answers chats: it renders its template, or answers a short chat. */
async function chats(server: Server, signal?: AbortSignal): Promise<boolean> {
  if ((await server.chatTemplate()) !== null) return true;
  const messages = [{ role: "user", content: "Hello." }] as const;
  return (await server.chat({ messages, maxTokens: 1, ...(signal && { signal }) })).status === 200;
}

async function answersBare(server: Server, signal?: AbortSignal): Promise<boolean> {
  const { status } = await server.complete({ prompt: "Hello.", maxTokens: 1, ...(signal && { signal }) });
  return status !== 404 && status !== 405;
}

async function all<T>(items: readonly T[], holds: (item: T) => Promise<boolean>): Promise<boolean> {
  for (const item of items) if (!(await holds(item))) return false;
  return true;
}
