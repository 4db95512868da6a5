import { groupOf, type IntegerMatrix, reordered, reorderedMatrix } from "../files/integer-matrix.js";
import { readIntegers, readTensor, type StoredTensor, valuesOf } from "../files/tensor-file.js";

/** A tensor of a file, which stands alone or is joined with others to one matrix; read each time that it is asked for. */
export class StoredPart {
  readonly stored: StoredTensor;
  readonly #name: string;
  /** The width of its heads, if its rows stand in pairs (0, half, 1, half + 1, …) of each. */
  readonly #pairedIn: number | null;

  constructor(name: string, stored: StoredTensor, pairedIn: number | null) {
    this.#name = name;
    this.stored = stored;
    this.#pairedIn = pairedIn;
  }

  get values(): number {
    return valuesOf(this.stored);
  }

  /** How many weights have a scale in common when they are kept as integers. */
  get group(): number {
    return this.stored.type.integers?.group ?? groupOf(this.stored.shape.at(-1)!);
  }

  /** In fp32, its rows in their order. */
  floats(): Float32Array {
    const order = this.#order();
    const values = this.#numbers(readTensor(this.stored));
    return order === null ? values : reordered(values, values.length / order.length, order);
  }

  /** As integers; rounded to codes of ±`most` where it has none. */
  integers(most: number): IntegerMatrix {
    const order = this.#order();
    const matrix = readIntegers(this.stored, most);
    for (const values of [matrix.scales, matrix.leasts]) this.#numbers(values);
    return order === null ? matrix : reorderedMatrix(matrix, order);
  }

  /** Throws a plain Error where one is not finite: attention would not show it, and answer wrongly. */
  #numbers(values: Float32Array): Float32Array {
    if (areFinite(values)) return values;
    throw new Error(`${this.#name} has a value that is no finite number`);
  }

  /** By row, which of the stored ones it is; null where they are in order. */
  #order(): readonly number[] | null {
    const headWidth = this.#pairedIn;
    if (headWidth === null) return null;
    const half = headWidth / 2;
    return Array.from({ length: this.stored.shape[0]! }, (_, row) => {
      const inHead = row % headWidth;
      return row - inHead + 2 * (inHead % half) + Math.floor(inHead / half);
    });
  }
}

/** By four sums, which a processor makes side by side; no sum of fp32 numbers overflows fp64. */
function areFinite(values: Float32Array): boolean {
  const whole = values.length & ~3;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += values[i]!;
    b += values[i + 1]!;
    c += values[i + 2]!;
    d += values[i + 3]!;
  }
  for (let i = whole; i < values.length; i++) a += values[i]!;
  return Number.isFinite(a + b + c + d);
}
