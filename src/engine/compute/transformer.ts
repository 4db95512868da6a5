import { ModelError } from "../../domain/errors/errors.js";
import type { Decoder, ModelShape } from "../model/model.js";
import { Arena } from "../wasm/arena.js";
import type { Kernels } from "../wasm/kernels.js";
import { BLOCK_ROWS, type Layout, LOGIT_ROWS, layOut } from "./memory/layout.js";
import { unpackRow } from "./memory/packed-matrix.js";
import type { JobKind } from "./threads/jobs.js";
import type { Rows } from "./threads/steps.js";
import { Team } from "./threads/team.js";

/** With fewer rows a thread, threads share the columns of all of them. */
const FEW_ROWS = 16;

/** Work that hands back control now and then; run it to its end for its result. */
export type Work<T> = Generator<undefined, T, void>;

/** How a transformer is to compute. */
export interface TransformerOptions {
  /** Threads that compute, this one among them; default 1. The results are the same bits for any number. */
  readonly threads?: number;
  /** Told when one of them can't go on; nothing can be computed after that. */
  readonly onBroken?: (error: Error) => void;
}

/**
 * The decoder's arithmetic over one context of at most `maxTokens` positions.
 *
 * It works on *rows*: some positions of the context, ascending. `begin` says which, every layer is `project`, then
 * `attend`, and `logits` reads the last row. Which rows are computed and which keys and values are loaded is for the
 * caller to decide; that is all the cache methods differ in.
 */
export class Transformer {
  readonly arena = new Arena();
  readonly shape: ModelShape;
  readonly maxTokens: number;
  /** Floats of a token's keys and values in one layer. */
  readonly kvRow: number;
  /** The positions of the current rows. */
  rows: Int32Array = new Int32Array(0);

  readonly #name: string;
  readonly #generatedIds: number;
  readonly #layout: Layout;
  readonly #kernels: Kernels;
  readonly #team: Team;
  /** 0, 1, 2, … */
  readonly #identity: number;
  readonly #deviations: number;

  constructor(model: Decoder, { threads = 1, onBroken = () => {} }: TransformerOptions = {}) {
    const { arena } = this;
    const { shape, maxTokens } = model;
    this.shape = shape;
    this.maxTokens = maxTokens;
    this.#name = model.name;
    this.#generatedIds = model.generatedIds;
    this.#layout = layOut(arena, model, threads);
    this.kvRow = this.#layout.kvRow;
    this.#identity = arena.allocate(maxTokens);
    arena.integers(this.#identity, maxTokens).forEach((_, i, identity) => {
      identity[i] = i;
    });
    this.#deviations = arena.allocate(maxTokens);
    this.#team = new Team(arena, this.#layout, onBroken);
    this.#kernels = this.#team.kernels;
  }

  /** Ends the other threads. */
  close(): Promise<void> {
    return this.#team.close();
  }

  /** Starts on `rows`, positions that ascend: the residual stream becomes the embeddings of their tokens. */
  begin(tokens: ArrayLike<number>, rows: Int32Array): void {
    const { width } = this.shape;
    const { packed, stream } = this.#layout;
    this.#setRows(rows);
    const floats = this.arena.floats(stream, rows.length * width);
    rows.forEach((position, row) => {
      const embedding = floats.subarray(row * width, (row + 1) * width);
      unpackRow(this.arena, packed.embedding, tokens[position]!, embedding);
    });
  }

  /** Computes queries, keys and values of the rows, and puts the keys and values into the layer's context. */
  *project(layer: number): Work<void> {
    for (const rows of this.#blocks()) {
      if (this.#areFew(rows)) {
        this.#run("qkv", layer, rows);
        this.#team.steps.place(layer, rows);
      } else this.#run("project", layer, rows);
      yield;
    }
  }

  /** Lets the rows attend to the layer's context and goes through the feed-forward part. */
  *attend(layer: number): Work<void> {
    for (const rows of this.#blocks()) {
      if (this.#areFew(rows)) {
        for (const kind of ["read", "output", "gateUp", "down"] as const) this.#run(kind, layer, rows);
      } else this.#run("attend", layer, rows);
      yield;
    }
  }

  /** What each row reads from the layer's context, heads side by side [rows][heads × headWidth]; nothing goes on from it. */
  *attended(layer: number): Work<Float32Array> {
    const { heads, headWidth } = this.shape;
    const inner = heads * headWidth;
    const all = new Float32Array(this.rows.length * inner);
    for (const rows of this.#blocks(BLOCK_ROWS)) {
      this.#run("read", layer, rows);
      all.set(this.arena.floats(this.#layout.desks[0]!.attended, rows.count * inner), rows.row * inner);
      yield;
    }
    return all;
  }

  /** The logits of the ids that may be generated, after the last row; a ModelError where they are no numbers. */
  logits(): Float32Array {
    return this.#logitsOf(this.rows.length - 1, 1)[0]!;
  }

  /** The logits after every row from a position on, with the row's position: those of the last are `logits`. */
  *allLogits(from = 0): Generator<{ readonly position: number; readonly logits: Float32Array }> {
    const first = this.rows.findIndex((position) => position >= from);
    if (first < 0) return;
    for (let row = first; row < this.rows.length; row += LOGIT_ROWS) {
      const count = Math.min(LOGIT_ROWS, this.rows.length - row);
      for (const [i, logits] of this.#logitsOf(row, count).entries()) {
        yield { position: this.rows[row + i]!, logits };
      }
    }
  }

  #logitsOf(row: number, count: number): readonly Float32Array[] {
    const { logits, packed } = this.#layout;
    this.#run("logits", 0, { row, count });
    return Array.from({ length: count }, (_, i) => {
      const own = this.arena.floats(logits + i * packed.headIds * 4, this.#generatedIds).slice();
      if (areFinite(own)) return own;
      throw new ModelError(
        this.#name,
        "it gives logits that are no numbers, as from weights that are damaged",
      );
    });
  }

  /** Puts stored rows [keys | values], keys not rotated, into the layer's context at `start`. */
  load(layer: number, stored: number, start: number, count: number): void {
    const { kvHeads, headWidth } = this.shape;
    const { context, packed, heads } = this.#layout;
    const { keys, values } = context[layer]!;
    this.#kernels.packKeysValues(
      stored,
      this.kvRow,
      this.#identity + start * 4,
      count,
      kvHeads,
      headWidth,
      packed.ropeTable,
      keys,
      values,
      heads.capacity,
      heads.bytes,
      heads.rounded,
    );
  }

  /** Where the rows [keys | values] that were computed last for `position` and those after it lie. */
  computed(layer: number, position: number): number {
    return this.#layout.context[layer]!.raw + position * this.kvRow * 4;
  }

  /** Squared L2 distance of the keys or values computed last from `count` stored rows at `start`. */
  deviation(layer: number, of: "k" | "v", stored: number, start: number, count: number): Float32Array {
    const width = this.kvRow / 2;
    const offset = of === "k" ? 0 : width * 4;
    this.#kernels.deviation(
      this.computed(layer, start) + offset,
      this.kvRow,
      stored + offset,
      this.kvRow,
      count,
      width,
      this.#deviations,
    );
    return this.arena.floats(this.#deviations, count).slice();
  }

  /** Goes on with only some of the rows, given by their index among the current ones, ascending. */
  keep(indices: Int32Array): void {
    const { width } = this.shape;
    const { stream, qkv, qkvRow } = this.#layout;
    const positions = this.rows;
    indices.forEach((from, to) => {
      this.arena.copy(stream + from * width * 4, stream + to * width * 4, width);
      this.arena.copy(qkv + from * qkvRow * 4, qkv + to * qkvRow * 4, qkvRow);
    });
    this.#setRows(indices.map((index) => positions[index]!));
  }

  #setRows(rows: Int32Array): void {
    this.rows = rows;
    this.arena.integers(this.#layout.positions, rows.length).set(rows);
  }

  #run(kind: JobKind, layer: number, { row, count }: Rows): void {
    this.#team.run({ kind, layer, row, count });
  }

  /** Whether threads are better off with columns to share than with rows of their own. */
  #areFew({ count }: Rows): boolean {
    const { threads } = this.#team;
    return threads > 1 && count < Math.min(FEW_ROWS * threads, BLOCK_ROWS);
  }

  *#blocks(most = BLOCK_ROWS * this.#team.threads): Generator<Rows> {
    for (let row = 0; row < this.rows.length; row += most) {
      yield { row, count: Math.min(most, this.rows.length - row) };
    }
  }
}

/** Among logits that are no numbers the first would pass for the highest. */
const areFinite = (logits: Float32Array): boolean =>
  Number.isFinite(logits.reduce((sum, logit) => sum + logit, 0));
