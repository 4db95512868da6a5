import { isObject, type JsonObject, jsonValue } from "../../domain/json.js";
import { choicesOf, laterReason, readMessageText, reasonOf } from "../event/event-meaning.js";
import { errorIn, sentence, serverMessage } from "../event/server-error.js";
import { type Answered, answerEnding, type OwnEnding } from "./ending.js";
import { describeOther } from "./failures.js";

/** What an answer in one piece says. */
export interface WholeAnswer {
  readonly ending: OwnEnding;
  readonly finishReason: string | null;
  /** Content of the first choice, in bytes of UTF-8; null where the body is no answer. */
  readonly contentBytes: number | null;
}

/** Reads the body of a 2xx answer that came whole, by the rule that streams are judged by too. */
export function readWholeAnswer(body: string): WholeAnswer {
  const answer = jsonValue(body);
  if (!isObject(answer) || !Array.isArray(answer.choices)) {
    const error = describeOther(body, "a chat completion");
    return {
      ending: { outcome: "error", failure: "not understood", error },
      finishReason: null,
      contentBytes: null,
    };
  }
  const choices = choicesOf(answer);
  const { content, ...answered } = readChoices(choices);
  return {
    ending: endingOf(answered, errorIn(answer, choices)),
    finishReason: answered.finishReason,
    contentBytes: Buffer.byteLength(content),
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
    // `text` is where the completions of a bare prompt have it.
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
