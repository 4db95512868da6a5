import { MemoryView } from "../../wire/known-bytes.js";
import { type EventMeaning, meaningOf } from "../event/event-meaning.js";
import { digitsAfter, KnownText, type VariableSpan, variableSpanAfter } from "./known-text.js";

/** What an event means that counts. */
export type ToldMeaning = Exclude<EventMeaning, { readonly kind: "ignored" }>;

/** An event that was read in full, and what it means with any other words in its spans. */
interface Shape {
  readonly text: KnownText;
  /** The last span is the content. */
  readonly holdsContent: boolean;
  readonly meaning: ToldMeaning;
}

/** A stream has a role, contents, a finish, usage and `[DONE]`; there is room for some that alternate. */
const KEPT = 8;
/** Servers that put something new into every event would have each of them learned for nothing. */
const LEARNED_PER_STREAM = 6;
/** After this many events without content that never came again, no more of them are learned. */
const LEARNED_IN_VAIN = 16;

/**
 * Recognises events that differ from an earlier one only in their content and the stream's id and time, by comparing bytes
 * instead of parsing JSON.
 *
 * Nothing is guessed. A span is the value of the `id` that the event begins with, or of `created` after it, neither of which
 * is ever read; or the content, which is found by putting another text in its place and reading the whole event again. The
 * meaning is therefore what a full reading would say; anything else is no match.
 */
export class EventShapes {
  readonly #memory = new MemoryView();
  readonly #shapes: Shape[] = [];
  #last = 0;
  #oldest = 0;
  #learned = 0;
  #inVain = 0;
  /** Of the last match: where the event ends. */
  end = 0;
  /** Of the last match: where its content begins and ends; equal where it stands in no span. */
  variableStart = 0;
  variableEnd = 0;

  /** A new stream begins. */
  restart(): void {
    this.#learned = 0;
  }

  /** The meaning of a whole event at `start` that is known, or `null`. */
  match(bytes: Buffer, start: number, end: number): ToldMeaning | null {
    const shapes = this.#shapes;
    const last = this.#last;
    if (last < shapes.length && this.#matches(shapes[last]!, bytes, start, end)) return shapes[last]!.meaning;
    for (let i = 0; i < shapes.length; i++) {
      if (i === last || !this.#matches(shapes[i]!, bytes, start, end)) continue;
      this.#last = i;
      return shapes[i]!.meaning;
    }
    return null;
  }

  /** Remembers the event `start` to `end`, its blank line included, that a full reading understood as one. */
  learn(bytes: Buffer, start: number, end: number, meaning: ToldMeaning): void {
    if (this.#learned === LEARNED_PER_STREAM || meaning.kind === "not understood") return;
    const hasContent = meaning.kind === "chunk" && meaning.delta.hasContent;
    if (!hasContent && meaning.kind !== "done") {
      if (this.#inVain === LEARNED_IN_VAIN) return;
      this.#inVain += 1;
    }
    const text = bytes.toString("latin1", start, end);
    // A byte order mark is skipped only at the start of a stream, so an event that begins with one can't be learned.
    if (!text.startsWith("data:")) return;
    this.#learned += 1;
    const place = this.#shapes.length < KEPT ? this.#shapes.length : this.#oldest++ % KEPT;
    this.#shapes[place] = shapeOf(text, meaning);
    this.#last = place;
  }

  #matches({ text, holdsContent, meaning }: Shape, bytes: Buffer, start: number, end: number): boolean {
    this.end = text.match(this.#memory, bytes, start, end);
    if (this.end === -1) return false;
    this.variableEnd = text.variableEnd;
    this.variableStart = holdsContent ? text.variableStart : text.variableEnd;
    if (!holdsContent && meaning.kind !== "done") this.#inVain = 0;
    return true;
  }
}

/** The shape of an event, given as Latin-1; with the spans that can be shown to be some. */
function shapeOf(event: string, meaning: ToldMeaning): Shape {
  const oneLine = ONE_LINE.test(event);
  const id = oneLine ? variableSpanAfter(ID, event) : null;
  const content =
    oneLine && meaning.kind === "chunk" && meaning.delta.hasContent
      ? variableSpanAfter(CONTENT, event)
      : null;
  const exchanged = content === null ? null : readWith(PROBE, event, content);
  const created = id === null ? null : digitsAfter(CREATED, event);
  const spans = [id, created, exchanged === null ? null : content].filter((span) => span !== null);
  const text = new KnownText(event, spans);
  return { text, holdsContent: exchanged !== null, meaning: exchanged ?? meaning };
}

const ONE_LINE = /^data:[^\r\n]*(?:\n|\r\n){2}$/;
/** The first key of the event, and nowhere else. */
const ID = /^data: ?\{\s*"id"\s*:\s*"(?=[^"\\]+")/;
/** A key that follows it at once, or behind the kind of object. */
const CREATED =
  /^data: ?\{\s*"id"\s*:\s*"[^"\\]+"\s*,(?:\s*"object"\s*:\s*"[^"\\]*"\s*,)?\s*"created"\s*:\s*(?=\d)/;
const CONTENT = /"content"\s*:\s*"(?=[^"])/;
const PROBE = "probe";

/** What the event means with another text in this place; `null` unless that text is then its content, all of it. */
function readWith(text: string, event: string, { from, to }: VariableSpan): ToldMeaning | null {
  const data = `${event.slice("data:".length, from)}${text}${event.slice(to)}`;
  const meaning = meaningOf({ at: 0n, name: undefined, data });
  return meaning.kind === "chunk" && meaning.delta.content === text ? meaning : null;
}
