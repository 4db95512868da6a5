import { bytesInMemory } from "./byte-source.js";
import { bytesOf, readTensor, type StoredTensor, valuesOf } from "./tensor-file.js";
import { F32 } from "./tensor-types.js";
import { groupOf } from "./unpacking.js";

/** A tensor of a file, which stands alone or is joined with others to one matrix; read each time that it is asked for. */
export class StoredPart {
  readonly name: string;
  readonly stored: StoredTensor;
  /** The width of its heads, if its rows stand in pairs (0, half, 1, half + 1, …) of each. */
  readonly #pairedIn: number | null;

  constructor(name: string, stored: StoredTensor, pairedIn: number | null) {
    this.name = name;
    this.stored = stored;
    this.#pairedIn = pairedIn;
  }

  get values(): number {
    return valuesOf(this.stored);
  }

  get rows(): number {
    return this.stored.shape[0]!;
  }

  get rowBytes(): number {
    return bytesOf(this.stored.shape.slice(1), this.stored.type)!;
  }

  /** Rows change places only among so many, a multiple of 8. */
  get together(): number {
    return this.#pairedIn ?? 8;
  }

  /** How many weights have a scale in common when they are kept as integers. */
  get group(): number {
    return this.stored.type.group ?? groupOf(this.stored.shape.at(-1)!);
  }

  /** Which row of the file is this one. */
  storedRow(row: number): number {
    const headWidth = this.#pairedIn;
    if (headWidth === null) return row;
    const inHead = row % headWidth;
    const half = headWidth / 2;
    return row - inHead + 2 * (inHead % half) + Math.floor(inHead / half);
  }

  /** A vector, in fp32, its values in their order. */
  vector(): Float32Array {
    const values = readTensor(this.stored);
    if (!values.every(Number.isFinite)) throw notFinite(this);
    return this.#pairedIn === null ? values : values.map((_, row) => values[this.storedRow(row)]!);
  }
}

/** For numbers that attention would not show, and answer wrongly. */
export const notFinite = ({ name }: StoredPart): Error =>
  new Error(`${name} has a value that is no finite number`);

/** A matrix that is in memory already. */
export function partInMemory(weights: Float32Array, inputs: number): StoredPart {
  const bytes = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
  const shape = [weights.length / inputs, inputs];
  return new StoredPart("a matrix", { shape, type: F32, source: bytesInMemory(bytes), start: 0 }, null);
}
