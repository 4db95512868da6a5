// Causal attention of some rows over packed keys [T / 8][d][8] and values [d / 8][T][8] of each KV head, so that both
// products are the matrix kernel's. Keys are walked in tiles that start at fixed positions (the online softmax of
// Milakov and Gimelshein 2018, tiled as in FlashAttention, Dao et al. 2022), and a tile stays in the L1 cache.
//
// A key beyond a row's own position has weight exactly 0, and a tile wholly beyond it changes nothing: so a row's
// result does not depend on the rows beside it nor on what lies beyond it in the cache.
import { gemm } from "./gemm";
import { exp2, maxOfLanes, sumOfLanes } from "./vector";

const ROWS: i32 = 32;
const KEYS: i32 = 128;
const WIDEST: i32 = 128;
const FEW: i32 = 8;
let scores: usize = 0, queries: usize = 0, sums: usize = 0, highest: usize = 0, total: usize = 0, ends: usize = 0;

/**
 * Gives attention 65,536 bytes to work in, to be called first. Each thread has an instance of the kernels on the one
 * memory: what `memory.data` reserves would be every thread's.
 */
export function attentionScratch(at: usize): void {
  scores = at;
  queries = scores + ROWS * KEYS * 4;
  sums = queries + ROWS * WIDEST * 4;
  highest = sums + ROWS * WIDEST * 4;
  total = highest + ROWS * 4;
  ends = total + ROWS * 4;
}

/**
 * `positions` ascend; a row attends to the keys at positions up to its own. Writes heads side by side into `out`.
 * A head is at most 128 wide.
 */
export function attention(
  q: usize, ldq: i32, positions: usize, rows: i32,
  keys: usize, values: usize, capacity: i32,
  heads: i32, kvHeads: i32, headWidth: i32,
  out: usize, ldo: i32,
): void {
  // Weights are taken as powers of two, so the base's logarithm is part of the scale.
  const scale: f32 = 1.44269504 / sqrt<f32>(<f32>headWidth);
  const sharing = heads / kvHeads;
  // If there are few rows, heads that share keys become rows of one product.
  const headsTogether = rows < FEW ? min(sharing, ROWS) : 1;
  const together = ROWS / headsTogether;
  for (let row = 0; row < rows; row += together) {
    const count = min(together, rows - row);
    for (let first = 0; first < heads; ) {
      const kvHead = first / sharing;
      const kv = <usize>(kvHead * headWidth) * <usize>capacity << 2;
      const some = min(headsTogether, (kvHead + 1) * sharing - first);
      for (let i = 0; i < count; i++) {
        const end = load<i32>(rowOf(positions, row + i, 1)) + 1;
        for (let h = 0; h < some; h++) {
          const from = q + (<usize>((row + i) * ldq + (first + h) * headWidth) << 2);
          scaled(from, scale, rowOf(queries, i * some + h, headWidth), headWidth);
          store<i32>(rowOf(ends, i * some + h, 1), end);
        }
      }
      attend(count * some, keys + kv, values + kv, capacity, headWidth);
      for (let i = 0; i < count; i++) {
        for (let h = 0; h < some; h++) {
          const share: f32 = 1 / load<f32>(rowOf(total, i * some + h, 1));
          const to = out + (<usize>((row + i) * ldo + (first + h) * headWidth) << 2);
          scaled(rowOf(sums, i * some + h, headWidth), share, to, headWidth);
        }
      }
      first += some;
    }
  }
}

/** Sums the weighted values of `queries` into `sums`, not yet divided by `total`; each row sees keys up to its end. */
function attend(rows: i32, keys: usize, values: usize, capacity: i32, width: i32): void {
  memory.fill(sums, 0, <usize>(rows * width) << 2);
  for (let row = 0; row < rows; row++) {
    store<f32>(rowOf(highest, row, 1), -1e30);
    store<f32>(rowOf(total, row, 1), 0);
  }
  const end = load<i32>(rowOf(ends, rows - 1, 1));
  // Four rows cost the matrix kernel no more than one. The results beyond the last row are never read.
  const padded = (rows + 3) & ~3;
  for (let first = 0; first < end; first += KEYS) {
    const count = min(KEYS, (end - first + 7) & ~7);
    gemm(queries, width, padded, rowOf(keys, first, width), width << 3, width, count, scores, KEYS, false);
    for (let row = 0; row < rows; row++) {
      weigh(row, min(count, load<i32>(rowOf(ends, row, 1)) - first), count, width);
    }
    gemm(scores, KEYS, padded, rowOf(values, first, 8), capacity << 3, count, width, sums, width, true);
  }
}

// @ts-ignore: decorator
@inline
function rowOf(start: usize, row: i32, width: i32): usize {
  return start + (<usize>(row * width) << 2);
}

/** Turns one row of scores into weights, exact zeros from `visible` on, and rescales what was summed before. */
function weigh(row: i32, visible: i32, count: i32, width: i32): void {
  const first = rowOf(scores, row, KEYS);
  const end = first + (<usize>count << 2);
  const whole = first + (<usize>(max(0, visible) & ~3) << 2);
  let at = first;
  if (visible > 0) {
    const before = load<f32>(rowOf(highest, row, 1));
    let top = f32x4.splat(before), other = top;
    for (; at + 16 < whole; at += 32) {
      top = f32x4.pmax(top, v128.load(at));
      other = f32x4.pmax(other, v128.load(at, 16));
    }
    if (at < whole) top = f32x4.pmax(top, v128.load(at));
    at = whole;
    const inside = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(visible & 3));
    if (visible & 3) top = f32x4.pmax(top, v128.bitselect(v128.load(at), f32x4.splat(-1e30), inside));
    const now = maxOfLanes(f32x4.pmax(top, other));

    const maximum = f32x4.splat(now);
    let sum = f32x4.splat(0);
    for (at = first; at < whole; at += 16) {
      const weight = exp2(f32x4.sub(v128.load(at), maximum));
      sum = f32x4.add(sum, weight);
      v128.store(at, weight);
    }
    if (visible & 3) {
      const weight = v128.and(exp2(f32x4.sub(v128.load(at), maximum)), inside);
      sum = f32x4.add(sum, weight);
      v128.store(at, weight);
      at += 16;
    }
    const shrink = f32x4.extract_lane(exp2(f32x4.splat(before - now)), 0);
    store<f32>(rowOf(highest, row, 1), now);
    store<f32>(rowOf(total, row, 1), load<f32>(rowOf(total, row, 1)) * shrink + sumOfLanes(sum));
    if (shrink != 1) scaled(rowOf(sums, row, width), shrink, rowOf(sums, row, width), width);
  }
  for (; at < end; at += 16) v128.store(at, f32x4.splat(0));
}

// @ts-ignore: decorator
@inline
function scaled(x: usize, factor: f32, out: usize, width: i32): void {
  const factors = f32x4.splat(factor);
  for (let i: usize = 0; i < <usize>width << 2; i += 16) v128.store(out + i, f32x4.mul(v128.load(x + i), factors));
}
