import { isObject, type JsonObject, jsonValue } from "../../domain/json.js";
import { toldLine } from "../../domain/plain-text.js";
import type { FailureKind } from "../../domain/records/words.js";
import { choicesOf, laterReason, readMessageText, reasonOf } from "../event/event-meaning.js";
import { count, errorIn, isFailedReason, sentence, serverMessage } from "../event/server-error.js";
import { mergeUsage, usageReports } from "../event/server-figures.js";
import { describeOther } from "./failures.js";

/** What arrived of an answer, independent of who read it. */
interface Answered {
  readonly hasContent: boolean;
  readonly hasReasoning: boolean;
  /** Content, reasoning, or a token of another kind. */
  readonly hasToken: boolean;
  readonly finishReason: string | null;
}

/** What arrived of a stream. */
export interface Streamed extends Answered {
  /** Chunks, and an event that ended the reading. */
  readonly events: number;
  /** `[DONE]` has come. */
  readonly done: boolean;
  /** The error, or the event that is not one of OpenAI's, that ended the reading. */
  readonly failure: StreamFailure | null;
}

/** What a server put into a stream instead of a chunk. */
export interface StreamFailure {
  readonly kind: "error" | "not understood";
  readonly data: string;
}

/** How an answer ended, by its own words. */
type OwnEnding =
  /** `remark` says what is missing from an answer that ended well. */
  | { readonly outcome: "ok"; readonly remark: string | null }
  | { readonly outcome: "error"; readonly failure: FailureKind; readonly error: string };

/**
 * The one rule for how a stream ended; `null` if the stream does not say so itself and the connection decides.
 *
 * A stream is over with an error in a chunk or in a choice, with a `finish_reason` that means failure, or with `[DONE]`,
 * whatever happens to the connection afterwards. Servers that never send `[DONE]` (TGI 2) end with a `finish_reason` and the
 * end of the response, which must then be whole (`isWhole`).
 *
 * The server's words arrive here with secrets removed and not yet cut, so that no part of a secret is left at the cut.
 */
export function streamEnding(answer: Streamed, isWhole: boolean): OwnEnding | null {
  const { failure, events, done, finishReason } = answer;
  if (failure?.kind === "error") {
    const said = sentence(serverMessage(failure.data) || "it does not say which");
    return fail("error in stream", `The server reported an error in event ${events} of the stream: ${said}`);
  }
  if (failure?.kind === "not understood") {
    const data = toldLine(failure.data);
    return fail("not understood", `Event ${events} of the stream is not a JSON object: ${sentence(data)}`);
  }
  if (finishReason !== null && isFailedReason(finishReason)) return gaveUp(finishReason);
  if (!done && !(isWhole && finishReason !== null)) return null;
  return answerEnding(answer, `The stream ended well but held no token (${count(events, "event")})`);
}

/**
 * The same rule for any complete answer. An answer without a token counts if its `finish_reason` says that the model ended
 * it; without either, nothing shows that the model was asked.
 */
function answerEnding(answer: Answered, empty: string): OwnEnding {
  const { finishReason, hasToken } = answer;
  if (finishReason !== null && isFailedReason(finishReason)) return gaveUp(finishReason);
  if (!hasToken && finishReason === null)
    return fail("no content", `${empty} and no finish_reason: nothing shows that the model answered.`);
  return { outcome: "ok", remark: whatIsMissing(answer) };
}

/** Why an answer that ended well has no content; `null` if it has some. */
function whatIsMissing({ hasContent, hasReasoning, hasToken, finishReason }: Answered): string | null {
  if (hasContent) return null;
  const reason = finishReason === null ? "" : ` (finish_reason ${JSON.stringify(toldLine(finishReason))})`;
  const what = hasReasoning
    ? "The answer has reasoning but no content"
    : hasToken
      ? "The answer has no content, only a tool call or a refusal"
      : "The answer is empty";
  // The words of OpenAI, Gemini and Anthropic for an answer that was cut at its limit.
  const isCut = finishReason !== null && /^(length|max_(output_)?tokens|model_length)$/i.test(finishReason);
  return isCut
    ? `${what}${reason}: it used up its output tokens first; allow more with --max_tokens (maxTokens).`
    : `${what}${reason}.`;
}

const gaveUp = (finishReason: string): OwnEnding =>
  fail(
    "given up",
    `The server gave up on the answer: finish_reason ${JSON.stringify(toldLine(finishReason))}.`,
  );

const fail = (failure: FailureKind, error: string): OwnEnding => ({ outcome: "error", failure, error });

/** What an answer in one piece says. */
export interface WholeAnswer {
  readonly ending: OwnEnding;
  readonly finishReason: string | null;
  /** Content of the first choice, in bytes of UTF-8; null if the body is not an answer. */
  readonly contentBytes: number | null;
  readonly content: string;
  /** Content, reasoning, or a token of another kind. */
  readonly hasToken: boolean;
  /** All reports of usage, put together. */
  readonly usage: JsonObject | null;
  readonly timings: JsonObject | null;
}

/** Reads the body of a complete 2xx answer, by the same rule as for streams. */
export function readWholeAnswer(body: string): WholeAnswer {
  const answer = jsonValue(body);
  if (!isObject(answer) || !Array.isArray(answer.choices)) {
    const error = describeOther(body, "a chat completion");
    return {
      ending: { outcome: "error", failure: "not understood", error },
      finishReason: null,
      contentBytes: null,
      content: "",
      hasToken: false,
      usage: null,
      timings: null,
    };
  }
  const choices = choicesOf(answer);
  const { content, ...answered } = readChoices(choices);
  const usage = usageReports(answer, choices).reduce<JsonObject | null>(
    (all, one) => mergeUsage(all, one),
    null,
  );
  return {
    ending: endingOf(answered, errorIn(answer, choices)),
    finishReason: answered.finishReason,
    contentBytes: Buffer.byteLength(content),
    content,
    hasToken: answered.hasToken,
    usage,
    timings: isObject(answer.timings) ? answer.timings : null,
  };
}

function endingOf(answered: Answered, error: string | null): OwnEnding {
  if (error === null) return answerEnding(answered, "The answer was well formed but held no token");
  const said = sentence(serverMessage(error) || "it does not say which");
  return {
    outcome: "error",
    failure: "error in answer",
    error: `The server reported an error in its answer: ${said}`,
  };
}

function readChoices(choices: readonly JsonObject[]): Answered & { readonly content: string } {
  const texts = choices.map(({ message, text }) => {
    const read = readMessageText(isObject(message) ? message : {});
    // Completions of a bare prompt have it in `text`.
    return { ...read, content: read.content || (typeof text === "string" ? text : "") };
  });
  const hasContent = texts.some(({ content }) => content !== "");
  const hasReasoning = texts.some(({ reasoning }) => reasoning !== "");
  return {
    content: texts[0]?.content ?? "",
    hasContent,
    hasReasoning,
    hasToken: hasContent || hasReasoning || texts.some(({ hasOther }) => hasOther),
    finishReason: choices.map(reasonOf).reduce(laterReason, null),
  };
}
