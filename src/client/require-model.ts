import type { Headers } from "../wire/http-request.js";
import { type Choice, type ModelList, unusable } from "./server/models.js";
import { type CompletionContext, chat, complete } from "./timed-completion.js";

/** Enough for models that think before they answer, some of which refuse less. */
const ANSWER_TOKENS = 16;

/**
 * Asks a model that the list does not show one short question, as a chat, else as a bare prompt, and gives the headers of
 * its answer.
 *
 * @throws ServerError when it does not answer.
 */
export async function requireModel(
  context: CompletionContext,
  list: ModelList,
  { model, isListed }: Choice,
): Promise<Headers> {
  if (isListed) return {};
  const asked = { maxTokens: ANSWER_TOKENS };
  const chatted = await chat(context, { messages: [{ role: "user", content: "Hi" }], ...asked });
  if (chatted.outcome === "ok") return chatted.headers;
  const completed = chatted.status === null ? chatted : await complete(context, { prompt: "Hi", ...asked });
  if (completed.outcome === "ok") return completed.headers;
  const said = chatted.status === null && list.failure !== null ? null : chatted.error;
  throw unusable(context.endpoint, list, model.id, said);
}
