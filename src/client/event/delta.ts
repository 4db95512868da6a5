import { isObject, type JsonObject } from "../../domain/json.js";
import { isFailedReason } from "./finish-reason.js";
import { type MessageText, readMessageText } from "./message-text.js";
import { usageReports } from "./usage.js";

/** What one `chat.completion.chunk` holds, as far as timing and usage need it. */
export interface Delta {
  /** A choice has non-empty content: a token in the sense of TTFT. */
  readonly hasContent: boolean;
  /** A choice has non-empty reasoning, in whatever field. */
  readonly hasReasoning: boolean;
  /** A choice has a part of a tool call, a function call or a refusal: tokens of their own kind. */
  readonly hasOther: boolean;
  /** Text of the first choice (index 0); another choice is timed but not read. */
  readonly content: string;
  readonly reasoning: string;
  readonly finishReason: string | null;
  /** Reports of usage, in the order of their places. */
  readonly usage: readonly JsonObject[];
  /** llama.cpp's own figures. */
  readonly timings: JsonObject | null;
  /** The JSON of what the server says went wrong, when it says so: of the chunk, or of a choice. */
  readonly error: string | null;
}

const NO_TEXT: MessageText = { content: "", reasoning: "", hasOther: false };

/**
 * Reads one parsed event.
 *
 * A delta that only names the role, or whose text is null or empty, holds no token; nor does the last chunk, which
 * carries usage and `choices: []`.
 */
export function readDelta(chunk: JsonObject): Delta {
  const choices = choicesOf(chunk);
  let hasContent = false;
  let hasReasoning = false;
  let hasOther = false;
  let content = "";
  let reasoning = "";
  let finishReason: string | null = null;
  for (const choice of choices) {
    // Some servers stream whole messages in place of deltas.
    const said = choice.delta ?? choice.message;
    const message = isObject(said) ? readMessageText(said) : NO_TEXT;
    // `text` is where the completions of a bare prompt have it.
    const words = message.content || (typeof choice.text === "string" ? choice.text : "");
    hasContent ||= words !== "";
    hasReasoning ||= message.reasoning !== "";
    hasOther ||= message.hasOther;
    if ((choice.index ?? 0) !== 0) continue;
    content += words;
    reasoning += message.reasoning;
    finishReason = laterReason(finishReason, reasonOf(choice));
  }
  return {
    hasContent,
    hasReasoning,
    hasOther,
    content,
    reasoning,
    finishReason,
    usage: usageReports(chunk, choices),
    timings: isObject(chunk.timings) ? chunk.timings : null,
    error: errorIn(chunk, choices),
  };
}

/** The choices of a chunk or a whole answer. */
export const choicesOf = ({ choices }: JsonObject): readonly JsonObject[] =>
  Array.isArray(choices) ? choices.filter(isObject) : [];

/** Why a choice ended; SGLang's own form is an object with a type. */
export function reasonOf({ finish_reason }: JsonObject): string | null {
  const reason = isObject(finish_reason) ? finish_reason.type : finish_reason;
  return typeof reason === "string" && reason !== "" ? reason : null;
}

/** The later reason, except that nothing mends a failure. */
export const laterReason = (earlier: string | null, later: string | null): string | null =>
  earlier !== null && isFailedReason(earlier) ? earlier : (later ?? earlier);

/** `{"error": …}` of an answer or of a choice, or the forms in which servers without choices say it; `null` for none. */
export function errorIn(answer: JsonObject, choices: readonly JsonObject[]): string | null {
  if (isSaid(answer.error)) return JSON.stringify({ error: answer.error });
  const broken = choices
    .flatMap((choice) => [choice, choice.delta, choice.message])
    .map((place) => (isObject(place) ? place.error : null))
    .find(isSaid);
  if (broken !== undefined) return JSON.stringify({ error: broken });
  // `{"object": "error"}` is older vLLM's; `base_resp` MiniMax's.
  const isError =
    [answer.object, answer.type, answer.status].includes("error") ||
    (isObject(answer.base_resp) && Number(answer.base_resp.status_code) > 0) ||
    (!Array.isArray(answer.choices) && saysItFailed(answer));
  return isError ? JSON.stringify(answer) : null;
}

/** Where nothing is answered: FastAPI's `detail`, Cloudflare's `errors`, Apigee's `fault`, Baidu's `error_code`, a code with words. */
const saysItFailed = (answer: JsonObject): boolean =>
  isObject(answer.error) ||
  "detail" in answer ||
  isSaid(answer.errors) ||
  isSaid(answer.fault) ||
  isSaid(answer.error_code) ||
  answer.success === false ||
  (["message", "msg"].some((key) => typeof answer[key] === "string") && hasErrorCode(answer));

/** A status of 400 or more, or a code in words. */
const hasErrorCode = ({ code, status, status_code }: JsonObject): boolean =>
  [code, status, status_code].some((value) => Number(value) >= 400) ||
  (typeof code === "string" && Number.isNaN(Number(code)));

/** Gateways fill the field with nothing where there was no error. */
const isSaid = (error: unknown): boolean =>
  typeof error === "object" && error !== null
    ? Object.keys(error).length > 0
    : ![undefined, null, false, "", 0, "0"].includes(error as undefined);
