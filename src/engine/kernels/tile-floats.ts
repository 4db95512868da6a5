// Attention of four rows to a tile of keys in fp32: keys [T / 8][width][8], values [width / 8][T][8], so that both products
// are the matrix kernel's.
import { ends, highest, KEYS, queries, rowOf, scores, sums, total } from "./attention-scratch";
import { gemm } from "./gemm";
import { exp2, highestOf, scaled, sumOfLanes } from "./vector";

/** Adds what the keys from `first` on, `count` of them, give to rows from `row` on. */
export function floatTile(
  row: i32, rows: i32, first: i32, count: i32,
  keys: usize, values: usize, capacity: i32, width: i32,
): void {
  const keysAt = rowOf(keys, first, width), valuesAt = rowOf(values, first, 8);
  gemm(rowOf(queries, row, width), width, 4, keysAt, width << 3, width, count, scores, KEYS, false);
  for (let i = 0; i < rows; i++) {
    weigh(rowOf(scores, i, KEYS), row + i, min(count, load<i32>(rowOf(ends, row + i, 1)) - first), count, width);
  }
  gemm(scores, KEYS, 4, valuesAt, capacity << 3, count, width, rowOf(sums, row, width), width, true);
}

/** Turns one row of scores into weights, exact zeros from `visible` on, and rescales what was summed before. */
function weigh(from: usize, row: i32, visible: i32, count: i32, width: i32): void {
  const end = from + (<usize>count << 2);
  let at = from;
  if (visible > 0) {
    const whole = from + (<usize>(visible & ~3) << 2);
    const before = load<f32>(rowOf(highest, row, 1));
    const now = max(before, highestOf(from, visible));
    const maximum = f32x4.splat(now);
    let sum = f32x4.splat(0);
    for (; at < whole; at += 16) {
      const weight = exp2(f32x4.sub(v128.load(at), maximum));
      sum = f32x4.add(sum, weight);
      v128.store(at, weight);
    }
    if (visible & 3) {
      const inside = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(visible & 3));
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
