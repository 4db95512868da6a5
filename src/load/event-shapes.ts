import { readDelta } from "../client/delta.js";
import { type EventMeaning, meaningOfDelta } from "./event-meaning.js";

/**
 * The bytes of an event that was read in full, and what it means. Where it has a hole, any plain text may stand between
 * `before` and `after` without changing anything else that the event means.
 */
interface Shape {
  readonly before: Buffer;
  readonly after: Buffer | null;
  readonly meaning: EventMeaning;
}

/** A stream has a role, contents, a finish, usage and `[DONE]`; two of each in streams that alternate. */
const KEPT = 8;
/** Servers that put something new into every event would have each of them learned for nothing. */
const LEARNED_PER_STREAM = 6;

const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;

/**
 * Knows events again that differ from an earlier one in nothing but their content, by comparing bytes instead of parsing JSON.
 *
 * Nothing is guessed: a shape's hole is the inside of one JSON string, found by putting another text there and reading the
 * whole event again; it takes only text without quotes, backslashes and control characters, which stands for itself in JSON.
 * So what the event means is what a full reading would say. Anything else is no match.
 */
export class EventShapes {
  readonly #shapes: Shape[] = [];
  #last = 0;
  #oldest = 0;
  #learned = 0;
  /** Of the last match: where the event ends. */
  end = 0;
  /** Of the last match: where its content begins and ends; equal where the shape has no hole. */
  holeStart = 0;
  holeEnd = 0;

  /** A new stream begins. */
  restart(): void {
    this.#learned = 0;
  }

  /** The meaning of a whole event at `start` that is known, or `null`. */
  match(bytes: Buffer, start: number, end: number): EventMeaning | null {
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
  learn(bytes: Buffer, start: number, end: number, meaning: EventMeaning): void {
    if (this.#learned >= LEARNED_PER_STREAM || meaning.kind === "not understood") return;
    // A byte order mark counts only at the start of a stream, so what begins otherwise is not the same everywhere.
    if (bytes.toString("latin1", start, start + 5) !== "data:") return;
    this.#learned += 1;
    const event = Buffer.from(bytes.subarray(start, end));
    const place = this.#shapes.length < KEPT ? this.#shapes.length : this.#oldest++ % KEPT;
    this.#shapes[place] = (meaning.kind === "chunk" && meaning.hasContent && withHole(event)) || {
      before: event,
      after: null,
      meaning,
    };
    this.#last = place;
  }

  #matches({ before, after }: Shape, bytes: Buffer, start: number, end: number): boolean {
    let at = start + before.length;
    if (at > end) return false;
    // From the end, where events differ most.
    for (let i = before.length - 1; i >= 0; i--) if (bytes[start + i] !== before[i]) return false;
    this.holeStart = at;
    if (after !== null) {
      for (let byte = bytes[at]!; at < end && byte !== QUOTE; byte = bytes[++at]!) {
        if (byte === BACKSLASH || byte < SPACE) return false;
      }
      if (at === this.holeStart || at + after.length > end) return false;
      for (let i = 0; i < after.length; i++) if (bytes[at + i] !== after[i]) return false;
    }
    this.holeEnd = at;
    this.end = after === null ? at : at + after.length;
    return true;
  }
}

/** The shape of an event whose content can be exchanged, or `null` when that can't be shown. */
function withHole(event: Buffer): Shape | null {
  const text = event.toString("latin1");
  const line = /^data:([^\r\n]*)(?:\n\n|\r\n\r\n|\n\r\n|\r\n\n)$/.exec(text)?.[1];
  const found = line === undefined ? null : /"content"\s*:\s*"(?=[^"])/.exec(text);
  if (line === undefined || found === null) return null;
  const from = found.index + found[0].length;
  const to = closingQuote(text, from);
  if (to === -1) return null;
  const probe = `${text.slice("data:".length, from)}${PROBE}${text.slice(to, "data:".length + line.length)}`;
  const delta = readDelta(probe);
  if (delta === null || delta.error !== null || delta.content !== PROBE) return null;
  return { before: event.subarray(0, from), after: event.subarray(to), meaning: meaningOfDelta(delta) };
}

const PROBE = "probe";

function closingQuote(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === '"') return i;
    if (text[i] === "\\") i += 1;
  }
  return -1;
}
