import type { LineShape } from "./line-shape.js";
import { type Block, type Field, isSame, readValue, viewOf } from "./line-values.js";

/** A line that others look like, and what they have had in common. */
export class KnownLine {
  readonly shape: LineShape;
  /** The values of the line that was read last, by the places of their columns. */
  readonly values: unknown[];
  readonly #places: readonly number[];
  readonly #fields: readonly Field[];
  /** Which values have been the same in all of them. A list is made anew for each row. */
  readonly #isSteady: boolean[];
  /** One such line, and where its values stand. */
  #sample: DataView;
  #begins: readonly number[];
  #ends: readonly number[];
  /** What a line has from the sample, and the value that is read after it: from, to, which; -1 for none. */
  #steps: Int32Array | null = null;

  /**
   * @param places of its values among the columns.
   * @param fields of all columns.
   * @param lacking what such a line has in the columns that it lacks, by their places.
   */
  constructor(
    line: Buffer,
    shape: LineShape,
    places: readonly number[],
    fields: readonly Field[],
    lacking: readonly unknown[],
  ) {
    this.shape = shape;
    this.values = [...lacking];
    this.#places = places;
    this.#fields = fields;
    this.#isSteady = places.map((place) => !["numbers", "texts"].includes(fields[place]!.kind));
    this.#sample = copyOf(line, 0, line.length);
    this.#begins = shape.begins;
    this.#ends = shape.ends;
  }

  /** Reads the values of a line; gives where it ends, 0 if it is of another shape or unusual. */
  read(block: Block, begin: number): number {
    const end = this.#steps === null ? 0 : this.#follow(this.#steps, block, begin, this.values, null);
    return end > 0 ? end : this.#readAll(block, begin);
  }

  /** Reads every value, and finds out which are not the sample's. */
  #readAll(block: Block, begin: number): number {
    // What has been the same stays in `values`, unless all of the line can be read.
    const values = [...this.values];
    const found: number[] = [];
    const end = this.#follow(
      this.#stepsTo(() => true),
      block,
      begin,
      values,
      found,
    );
    if (end === 0) return 0;
    const begins = this.#places.map((_, i) => found[2 * i]!);
    const ends = this.#places.map((_, i) => found[2 * i + 1]!);
    for (const [i, from] of this.#begins.entries()) {
      const to = this.#ends[i]!;
      const isAsLong = ends[i]! - begins[i]! === to - from;
      if (!isAsLong || !isSame(this.#sample, from, to, block.view, begins[i]!)) this.#isSteady[i] = false;
    }
    for (const place of this.#places) this.values[place] = values[place];
    this.#sample = copyOf(block.bytes, begin, end);
    this.#begins = begins.map((at) => at - begin);
    this.#ends = ends.map((at) => at - begin);
    this.#steps = this.#stepsTo((i) => !this.#isSteady[i]!);
    return end;
  }

  /** The steps that read some of the values, and compare all else. */
  #stepsTo(isRead: (value: number) => boolean): Int32Array {
    const steps: number[] = [];
    let from = 0;
    for (const [i, to] of this.#begins.entries()) {
      if (!isRead(i)) continue;
      steps.push(from, to, i);
      from = this.#ends[i]!;
    }
    return Int32Array.from([...steps, from, this.#sample.byteLength, -1]);
  }

  #follow(steps: Int32Array, block: Block, begin: number, values: unknown[], found: number[] | null): number {
    let at = begin;
    for (let step = 0; ; step += 3) {
      const from = steps[step]!;
      const to = steps[step + 1]!;
      if (!isSame(this.#sample, from, to, block.view, at)) return 0;
      at += to - from;
      const i = steps[step + 2]!;
      if (i === -1) return at;
      const place = this.#places[i]!;
      const end = readValue(block, at, this.#fields[place]!, values, place);
      if (end === 0) return 0;
      found?.push(at, end);
      at = end;
    }
  }
}

const copyOf = (bytes: Buffer, from: number, to: number): DataView =>
  viewOf(Uint8Array.prototype.slice.call(bytes, from, to));
