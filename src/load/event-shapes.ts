import { readDelta } from "../client/delta.js";
import { type EventMeaning, meaningOfDelta } from "./event-meaning.js";
import { KnownBytes, MemoryView } from "./known-bytes.js";

/**
 * The bytes of an event that was read in full, and what it means. Between two pieces is a hole: the inside of a JSON
 * string in which any plain text may stand without changing anything else that the event means.
 */
interface Shape {
  readonly pieces: readonly KnownBytes[];
  /** The last hole is the content. */
  readonly holdsContent: boolean;
  readonly meaning: EventMeaning;
}

/** A stream has a role, contents, a finish, usage and `[DONE]`; there is room for some that alternate. */
const KEPT = 8;
/** Servers that put something new into every event would have each of them learned for nothing. */
const LEARNED_PER_STREAM = 6;
/** Where no event without content comes twice, so many tries are enough to see it. */
const LEARNED_IN_VAIN = 16;

const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;

/**
 * Knows events again that differ from an earlier one in nothing but their content and the stream's id, by comparing bytes
 * instead of parsing JSON.
 *
 * Nothing is guessed. A hole is the inside of one JSON string: of the `id` that the event begins with, which no reading
 * looks at, or of the content, which is found by putting another text there and reading the whole event again. It takes
 * only text without quotes, backslashes and control characters, which stands for itself in JSON. So what the event means
 * is what a full reading would say; anything else is no match.
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
  /** Of the last match: where its content begins and ends; equal where it stands in no hole. */
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
    if (this.#learned === LEARNED_PER_STREAM || meaning.kind === "not understood") return;
    const hasContent = meaning.kind === "chunk" && meaning.hasContent;
    if (!hasContent && meaning.kind !== "done") {
      if (this.#inVain === LEARNED_IN_VAIN) return;
      this.#inVain += 1;
    }
    const text = bytes.toString("latin1", start, end);
    // A byte order mark counts only at the start of a stream, so what begins otherwise is not the same everywhere.
    if (!text.startsWith("data:")) return;
    this.#learned += 1;
    const place = this.#shapes.length < KEPT ? this.#shapes.length : this.#oldest++ % KEPT;
    this.#shapes[place] = shapeOf(text, meaning);
    this.#last = place;
  }

  #matches({ pieces, holdsContent, meaning }: Shape, bytes: Buffer, start: number, end: number): boolean {
    const view = this.#memory.of(bytes);
    const { byteOffset } = bytes;
    let at = start;
    for (let i = 0; i < pieces.length; i++) {
      if (i > 0) {
        this.holeStart = at;
        for (let byte = bytes[at]!; at < end && byte !== QUOTE; byte = bytes[++at]!) {
          if (byte === BACKSLASH || byte < SPACE) return false;
        }
        if (at === this.holeStart) return false;
        this.holeEnd = at;
      }
      const piece = pieces[i]!;
      if (at + piece.length > end || !piece.standAt(view, byteOffset + at)) return false;
      at += piece.length;
    }
    this.end = at;
    if (!holdsContent) {
      this.holeStart = this.holeEnd;
      if (meaning.kind !== "done") this.#inVain = 0;
    }
    return true;
  }
}

/** The shape of an event, given as Latin-1; with the holes that can be shown to be some. */
function shapeOf(event: string, meaning: EventMeaning): Shape {
  const holes = [ID, ...(meaning.kind === "chunk" && meaning.hasContent ? [CONTENT] : [])]
    .map((pattern) => (ONE_LINE.test(event) ? holeAfter(pattern, event) : null))
    .filter((hole) => hole !== null);
  const content = holes.find(({ pattern }) => pattern === CONTENT);
  const exchanged = content === undefined ? null : readWith(PROBE, event, content);
  const proven = exchanged === null ? holes.filter((hole) => hole !== content) : holes;
  const edges = proven.flatMap(({ from, to }) => [from, to]);
  const pieces = [0, ...edges].flatMap((edge, i, all) =>
    i % 2 === 0 ? [new KnownBytes(Buffer.from(event.slice(edge, all[i + 1]), "latin1"))] : [],
  );
  return { pieces, holdsContent: exchanged !== null, meaning: exchanged ?? meaning };
}

interface Hole {
  readonly pattern: RegExp;
  readonly from: number;
  readonly to: number;
}

const ONE_LINE = /^data:[^\r\n]*(?:\n|\r\n){2}$/;
/** The first key of the event, and nowhere else. */
const ID = /^data: ?\{\s*"id"\s*:\s*"(?=[^"\\]+")/;
const CONTENT = /"content"\s*:\s*"(?=[^"])/;
const PROBE = "probe";

/** The inside of the string that begins after a pattern. */
function holeAfter(pattern: RegExp, event: string): Hole | null {
  const found = pattern.exec(event);
  if (found === null) return null;
  const from = found.index + found[0].length;
  for (let to = from; to < event.length; to++) {
    if (event[to] === '"') return { pattern, from, to };
    if (event[to] === "\\") to += 1;
  }
  return null;
}

/** What the event means with another text in this place; `null` unless that text is then its content, all of it. */
function readWith(text: string, event: string, { from, to }: Hole): EventMeaning | null {
  const delta = readDelta(`${event.slice("data:".length, from)}${text}${event.slice(to)}`);
  return delta !== null && delta.error === null && delta.content === text ? meaningOfDelta(delta) : null;
}
