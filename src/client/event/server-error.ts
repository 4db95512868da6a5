import { isObject, type JsonObject } from "../../domain/json.js";
import { toldLine } from "../../domain/plain-text.js";

/** Reasons that say the server aborted or withheld the answer: the text is not what the model would have said. */
const FAILED: ReadonlySet<string> = new Set([
  // Aborted by the server: vLLM, SGLang, OpenRouter, DeepSeek, GLM and gateways.
  ...[
    "deadline_exceeded",
    "timed_out",
    "insufficient_system_resource",
    "resource_exhausted",
    "out_of_memory",
  ],
  // Withheld or cut by a filter: OpenAI and Azure, Bedrock, GLM, Anthropic.
  ...["content_filter", "content_filtered", "contentfilter", "guardrail_intervened", "sensitive", "refusal"],
  // The same in Gemini's words.
  ...["blocklist", "prohibited_content", "spii", "malformed_function_call", "malformed_response", "language"],
]);

/** The ends of most answers, known without a look at their words. */
const ORDINARY: ReadonlySet<string> = new Set(["stop", "length", "tool_calls"]);

/** Words that mean the same in any reason: `server_error`, `requestCancelled`, `IMAGE_SAFETY`. */
const FAILED_WORDS: ReadonlySet<string> = new Set([
  ...["error", "errored", "exception", "fail", "failed", "failure", "fault"],
  ...["abort", "aborted", "cancel", "canceled", "cancelled", "interrupted", "killed", "preempted", "evicted"],
  ...["timeout", "overload", "overloaded", "unavailable", "disconnect", "disconnected"],
  ...["crash", "crashed", "oom", "terminated", "expired", "rejected", "quota", "rate"],
  ...["safety", "unsafe", "recitation", "blocked", "filtered", "moderation", "violation"],
]);

/**
 * Whether a `finish_reason` says that the answer failed, though the status is 200.
 *
 * `stop`, `length`, `tool_calls` and other normal ends do not; neither does an unknown reason, which the record keeps.
 *
 * @example isFailedReason("content_filter") // true
 */
export function isFailedReason(reason: string): boolean {
  if (ORDINARY.has(reason)) return false;
  const plain = reason
    .trim()
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[\s.-]+/g, "_");
  return (
    FAILED.has(plain.replace(/^finish_?reason_/, "")) ||
    plain.split("_").some((word) => FAILED_WORDS.has(word))
  );
}

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

/**
 * Errors without an answer: FastAPI's `detail`, Cloudflare's `errors`, Apigee's `fault`, Baidu's `error_code`, a code with a
 * message.
 */
const saysItFailed = (answer: JsonObject): boolean =>
  isObject(answer.error) ||
  "detail" in answer ||
  isSaid(answer.errors) ||
  isSaid(answer.fault) ||
  isSaid(answer.error_code) ||
  answer.success === false ||
  (["message", "msg"].some((key) => typeof answer[key] === "string") && hasErrorCode(answer));

/** A status of 400 or more, or a textual code. */
const hasErrorCode = ({ code, status, status_code }: JsonObject): boolean =>
  [code, status, status_code].some((value) => Number(value) >= 400) ||
  (typeof code === "string" && Number.isNaN(Number(code)));

/** Gateways leave the field empty if there was no error. */
const isSaid = (error: unknown): boolean =>
  typeof error === "object" && error !== null
    ? Object.keys(error).length > 0
    : ![undefined, null, false, "", 0, "0"].includes(error as undefined);

/**
 * What a server says went wrong, from an error body in any of the usual forms, as one line; `""` when it says nothing.
 *
 * @example serverMessage('{"error":{"message":"File Not Found","code":404}}') // "File Not Found"
 */
export function serverMessage(body: string): string {
  try {
    return toldLine(find(JSON.parse(body)) ?? body);
  } catch {
    return toldLine(
      /^\s*</.test(body) ? body.replace(/<(style|script|head)\b.*?<\/\1>|<[^>]*>/gis, " ") : body,
    );
  }
}

/** Fields with the message of an error, or with objects that contain it. */
const WORDS = [
  "error",
  "message",
  "detail",
  "msg",
  "errors",
  "error_msg",
  "fault",
  "faultstring",
  "base_resp",
  "status_msg",
];

/** `{error: {message}}`, `{error: "…"}`, `{message}`, `{detail}`; FastAPI's `{detail: [{msg}]}`. */
function find(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return find(value[0]);
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  for (const key of WORDS) {
    const words = find(fields[key]);
    if (words !== undefined) return words;
  }
  return undefined;
}

/** With a full stop; a server's words are left as they are otherwise. */
export const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** A number with its noun. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;
