import type { Kernels } from "../../wasm/kernels.js";
import type { Desk } from "../memory/layout.js";
import type { PackedMatrix } from "../memory/packed-matrix.js";

/** Which of so many equal parts of a matrix's columns, or of the heads, a thread works on. */
export interface Part {
  readonly index: number;
  readonly of: number;
}

export const WHOLE: Part = { index: 0, of: 1 };

/** Where rows of results go, `width` floats each, and whether they are added to what is there. */
export interface Results {
  readonly at: number;
  readonly width: number;
  readonly accumulate: boolean;
}

/** Rows of activations as a matrix takes them: in fp32 where they were, or rounded. */
export interface Activations {
  readonly at: number;
  readonly lda: number;
}

/** Multiplies activations with matrices of every kind, for one thread. */
export class Multiplier {
  readonly #kernels: Kernels;
  readonly #desk: Desk;

  constructor(kernels: Kernels, desk: Desk) {
    this.#kernels = kernels;
    this.#desk = desk;
  }

  /** A part's columns of c[rows × columns] (+)= a[rows × inputs] · weights. */
  multiply(a: number, lda: number, rows: number, weights: PackedMatrix, c: Results, part: Part): void {
    const [from, to] = rangeOf(c.width / 8, part);
    if (from === to) return;
    this.columns(this.rounded(a, lda, rows, weights), rows, weights, from * 8, (to - from) * 8, c);
  }

  /** Rounds activations as the matrix needs it; they are there until the next are rounded. */
  rounded(a: number, lda: number, rows: number, weights: PackedMatrix): Activations {
    if (weights.compute === "f32") return { at: a, lda };
    const { codes, codeScales } = this.#desk;
    const round = weights.compute === "i8" ? this.#kernels.round8 : this.#kernels.round16;
    round(a, lda, rows, weights.inputs, weights.group, codes, codeScales);
    return { at: codes, lda };
  }

  /** As `multiply`, `count` columns from `first` on, both multiples of 8. */
  columns(
    { at, lda }: Activations,
    rows: number,
    weights: PackedMatrix,
    first: number,
    count: number,
    c: Results,
  ): void {
    const { inputs } = weights;
    const out = c.at + first * 4;
    if (weights.compute === "f32") {
      const panels = weights.weights + first * inputs * 4;
      this.#kernels.gemm(at, lda, rows, panels, inputs * 8, inputs, count, out, c.width, c.accumulate);
      return;
    }
    const { codes, scales, group } = weights;
    const gemm = weights.compute === "i8" ? this.#kernels.gemm8 : this.#kernels.gemm16;
    gemm(
      at,
      this.#desk.codeScales,
      rows,
      codes + first * inputs,
      scales + first * (inputs / group) * 8,
      inputs,
      group,
      count,
      out,
      c.width,
      c.accumulate,
    );
  }
}

/** The things from the first to, but without, the second that are a part's of so many. */
export function rangeOf(count: number, { index, of }: Part): readonly [from: number, to: number] {
  return [Math.floor((count * index) / of), Math.floor((count * (index + 1)) / of)];
}
