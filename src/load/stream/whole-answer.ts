import { type Answered, answerEnding } from "../../client/answer/ending.js";
import { choicesOf, laterReason, readMessageText, reasonOf } from "../../client/event/event-meaning.js";
import { errorIn, sentence, serverMessage } from "../../client/event/server-error.js";
import { isObject, type JsonObject, jsonValue } from "../../domain/json.js";
import { toldLine } from "../../domain/plain-text.js";
import type { FailureKind } from "../../domain/records/words.js";
import { KnownText, MemoryView, variableSpanAfter } from "./known-bytes.js";

/** What a load wants to know of a whole answer that ended well. */
export interface WholeAnswer {
  readonly finishReason: string | null;
  /** Content of the first choice, in bytes of UTF-8. */
  readonly contentBytes: number;
}

/** Why a body is no chat completion, and in what sense. */
export interface NoAnswer {
  readonly failure: FailureKind;
  readonly error: string;
  readonly finishReason: string | null;
}

/** Reads the body of a 2xx answer: a chat completion that ended well, by the rule that streams are judged by too. */
export function readWholeAnswer(body: string): WholeAnswer | NoAnswer {
  if (body.trim() === "") return notUnderstood("The server answered with an empty body.");
  const answer = jsonValue(body);
  if (answer === undefined) {
    return notUnderstood(
      `The server did not answer with JSON: ${JSON.stringify(toldLine(body).slice(0, 80))}.`,
    );
  }
  if (!isObject(answer) || !Array.isArray(answer.choices)) {
    return notUnderstood(`The server answered with JSON that is no chat completion: ${serverMessage(body)}`);
  }
  const choices = choicesOf(answer);
  const { content, ...answered } = readChoices(choices);
  const { finishReason } = answered;
  const error = errorIn(answer, choices);
  if (error !== null) {
    const said = sentence(serverMessage(error) || "it does not say which");
    return {
      failure: "error in answer",
      error: `The server reported an error in its answer: ${said}`,
      finishReason,
    };
  }
  const ending = answerEnding(answered, "The answer was well formed but held no token");
  return ending.outcome === "ok"
    ? { finishReason, contentBytes: Buffer.byteLength(content) }
    : { failure: ending.failure, error: ending.error, finishReason };
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

const notUnderstood = (error: string): NoAnswer => ({ failure: "not understood", error, finishReason: null });

/** The first key of the answer, and nowhere else. */
const ID = /^\{\s*"id"\s*:\s*"(?=[^"\\]+")/;
/** A longer text takes longer to send than to parse. */
const LONGEST = 16 * 1024;

/**
 * The last whole answer that was understood. One that differs from it in nothing but the id it begins with is understood
 * as well, without being parsed.
 */
export class KnownAnswer {
  readonly #memory = new MemoryView();
  #text: KnownText | null = null;
  #answer: WholeAnswer | null = null;

  /** What the answer in these bytes says if it is like the one before; else `null`. */
  match(bytes: Buffer, start: number, end: number): WholeAnswer | null {
    return this.#text !== null && this.#text.match(this.#memory, bytes, start, end) === end
      ? this.#answer
      : null;
  }

  /** Remembers a body that was understood, and how. */
  learn(body: string, answer: WholeAnswer): void {
    if (body.length > LONGEST) return;
    this.#answer = answer;
    const text = Buffer.from(body, "utf8").toString("latin1");
    const id = variableSpanAfter(ID, text);
    this.#text = new KnownText(text, id === null ? [] : [id]);
  }
}
