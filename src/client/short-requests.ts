import { type JsonObject, jsonObject } from "../domain/json.js";
import type { Headers } from "../wire/http-request.js";
import { mergeUsage, readTokens, usageReports } from "./event/server-figures.js";
import { chatBody, promptBody } from "./request-body.js";
import type { Call } from "./server/call.js";
import type { Asking } from "./server/forced-logprobs.js";
import { type Choice, type ModelList, unusable } from "./server/models.js";
import type { Prompt } from "./server.js";
import { type CompletionContext, chat, complete } from "./timed-completion.js";

type Asked = Pick<CompletionContext, "endpoint" | "model" | "body" | "dialects">;

/** Enough for models that think before they answer; some refuse less. */
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

/**
 * The tokens of a prompt by the usage of an answer in one piece; null where it tells none, or there is no answer.
 *
 * Source: llama-cpp-python 0.3.36 `llama_cpp/llama.py` (`_create_completion`), whose streams have no usage.
 */
export async function askPromptTokens(
  call: Call,
  { endpoint, model, body, dialects }: Asked,
  prompt: Prompt,
): Promise<number | null> {
  const options = { maxTokens: 1 };
  const [path, streamed] =
    "messages" in prompt
      ? (["/chat/completions", chatBody(model, body, { ...prompt, ...options })] as const)
      : (["/completions", promptBody(model, body, { ...prompt, ...options })] as const);
  const answer = await call(
    "POST",
    `${endpoint.basePath}${path}`,
    inOnePiece(dialects[path].speak(streamed)),
  );
  const said = answer.how === "answered" && answer.status === 200 ? jsonObject(answer.body) : null;
  if (said === null) return null;
  const usage = usageReports(said, []).reduce<JsonObject>((merged, report) => mergeUsage(merged, report), {});
  return readTokens(usage, null, true).prompt_tokens;
}

/** How a completion of ids is asked for outside timed requests. */
export const untimed = ({ endpoint, model, body, dialects }: Asked): Asking => ({
  endpoint,
  body: (prompt, maxTokens, fields) =>
    inOnePiece(dialects["/completions"].speak(promptBody(model, body, { prompt, maxTokens, body: fields }))),
});

/** The body of a stream for an answer that is none. */
function inOnePiece({ stream_options: _, ...fields }: JsonObject): JsonObject {
  return { ...fields, stream: false };
}
