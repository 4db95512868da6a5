// Attention of four rows to a tile of keys in integers of 16 bits: keys [KEYS / 8][width / 2][8][2], values
// [width / 8][KEYS / 2][8][2], and behind each a scale for every position. Sums of products are exact; they are added in
// fp32, tile by tile.
//
// No sum leaves 32 bits. The codes of a query and those of a key are vectors of length 46,340 at most, so their product is
// at most 46,340² < 2^31 (Cauchy and Schwarz). Codes of values are at most 8,191, and a tile's weights 262,143 in sum.
import { codeScales, codes, ends, highest, KEYS, queries, queryScales, rowOf, scores, shrinks, sums, total, vector } from "./attention-scratch";
import { exp2, highestOf, maxOfLanes, nearest, sumOfLanes } from "./vector";

/** Rounding can add half of a code to each. */
const LONGEST: f32 = 46330;
const MOST_CODE: f32 = 32767;
const MOST_VALUE: f32 = 8191;
const MOST_WEIGHT: f32 = 262000;
/** Weights so small change no sum. */
const LEAST_SCALE: f32 = 1e-30;

/** Rounds a query; `scale` belongs to its scores. */
export function roundQuery(from: usize, scale: f32, to: i32, width: i32): void {
  store<f32>(rowOf(queryScales, to, 1), scale * roundVector(from, queries + (<usize>(to * width) << 1), width));
}

/** Puts a key, in fp32, at its position. */
export function packKey(from: usize, keys: usize, position: i32, width: i32): void {
  const tile = tileOf(keys, position / KEYS, width), at = position % KEYS;
  store<f32>(scaleOf(tile, at, width), roundVector(from, vector, width));
  let key = tile + (<usize>((at >> 3) * width * 8) << 1) + (<usize>(at & 7) << 2);
  for (let two = vector; two < vector + (<usize>width << 1); two += 4, key += 32) store<u32>(key, load<u32>(two));
}

/** Puts a value, in fp32, at its position. */
export function packValue(from: usize, values: usize, position: i32, width: i32): void {
  const tile = tileOf(values, position / KEYS, width), at = position % KEYS;
  const scale: f32 = highestMagnitude(from, width) / MOST_VALUE;
  store<f32>(scaleOf(tile, at, width), scale);
  roundBy(from, scale, vector, width);
  let value = tile + (<usize>((at >> 1) * 16 + (at & 1)) << 1);
  for (let few = vector; few < vector + (<usize>width << 1); few += 16, value += KEYS << 4) {
    const eight = v128.load(few);
    v128.store16_lane(value, eight, 0);
    v128.store16_lane(value, eight, 1, 4);
    v128.store16_lane(value, eight, 2, 8);
    v128.store16_lane(value, eight, 3, 12);
    v128.store16_lane(value, eight, 4, 16);
    v128.store16_lane(value, eight, 5, 20);
    v128.store16_lane(value, eight, 6, 24);
    v128.store16_lane(value, eight, 7, 28);
  }
}

// @ts-ignore: decorator
@inline
function tileOf(packed: usize, tile: i32, width: i32): usize {
  return packed + <usize>(tile * KEYS * (2 * width + 4));
}

// @ts-ignore: decorator
@inline
function scaleOf(tile: usize, at: i32, width: i32): usize {
  return tile + (<usize>(KEYS * width) << 1) + (<usize>at << 2);
}

/** Rounds a vector to codes of 16 bits as fine as products allow; its scale. */
function roundVector(from: usize, to: usize, width: i32): f32 {
  let squares = f32x4.splat(0);
  for (let at = from; at < from + (<usize>width << 2); at += 16) {
    const x = v128.load(at);
    squares = f32x4.add(squares, f32x4.mul(x, x));
  }
  const scale: f32 = max(sqrt<f32>(sumOfLanes(squares)) / LONGEST, highestMagnitude(from, width) / MOST_CODE);
  roundBy(from, scale, to, width);
  return scale;
}

function highestMagnitude(from: usize, width: i32): f32 {
  let highest = f32x4.splat(0);
  for (let at = from; at < from + (<usize>width << 2); at += 16) highest = f32x4.max(highest, f32x4.abs(v128.load(at)));
  return maxOfLanes(highest);
}

function roundBy(from: usize, scale: f32, to: usize, width: i32): void {
  const factor = f32x4.splat(scale > LEAST_SCALE ? 1 / scale : 0);
  for (const end = from + (<usize>width << 2); from < end; from += 32, to += 16) {
    const left = nearest(v128.load(from), factor), right = nearest(v128.load(from, 16), factor);
    v128.store(to, i16x8.narrow_i32x4_s(left, right));
  }
}

/** Adds what the keys from `first` on, `count` of them, give to rows from `row` on. */
export function integerTile(
  row: i32, rows: i32, first: i32, count: i32, keys: usize, values: usize, width: i32,
): void {
  const scoresEnd = scores + (<usize>count << 2);
  let panel = tileOf(keys, first / KEYS, width), scale = scaleOf(panel, 0, width);
  const query = queries + (<usize>(row * width) << 1);
  for (let to = scores; to < scoresEnd; to += 32, panel += <usize>width << 4, scale += 32) {
    fourScores(query, <usize>width << 1, panel, panel + (<usize>width << 4), scale, to);
  }
  panel = tileOf(values, first / KEYS, width);
  scale = scaleOf(panel, 0, width);
  for (let i = 0; i < rows; i++) {
    weigh(i, row + i, min(count, load<i32>(rowOf(ends, row + i, 1)) - first), count, scale);
  }
  const nextRow = <usize>width << 2, sumsEnd = rowOf(sums, row, width) + nextRow;
  for (let to = rowOf(sums, row, width); to < sumsEnd; to += 32, panel += KEYS << 4) {
    fourSums(panel, panel + (<usize>count << 4), to, nextRow);
  }
}

/** 4 rows · 8 keys, times the keys' scales. */
function fourScores(a0: usize, downA: usize, b: usize, end: usize, scales: usize, c: usize): void {
  let a1 = a0 + downA, a2 = a1 + downA, a3 = a2 + downA;
  let x0 = i32x4.splat(0), x1 = x0, x2 = x0, x3 = x0, y0 = x0, y1 = x0, y2 = x0, y3 = x0;
  while (b < end) {
    let left = v128.load(b), right = v128.load(b, 16);
    let two = v128.load32_splat(a0);
    x0 = i32x4.add(x0, i32x4.dot_i16x8_s(left, two)); y0 = i32x4.add(y0, i32x4.dot_i16x8_s(right, two));
    two = v128.load32_splat(a1);
    x1 = i32x4.add(x1, i32x4.dot_i16x8_s(left, two)); y1 = i32x4.add(y1, i32x4.dot_i16x8_s(right, two));
    two = v128.load32_splat(a2);
    x2 = i32x4.add(x2, i32x4.dot_i16x8_s(left, two)); y2 = i32x4.add(y2, i32x4.dot_i16x8_s(right, two));
    two = v128.load32_splat(a3);
    x3 = i32x4.add(x3, i32x4.dot_i16x8_s(left, two)); y3 = i32x4.add(y3, i32x4.dot_i16x8_s(right, two));

    left = v128.load(b, 32); right = v128.load(b, 48);
    two = v128.load32_splat(a0, 4);
    x0 = i32x4.add(x0, i32x4.dot_i16x8_s(left, two)); y0 = i32x4.add(y0, i32x4.dot_i16x8_s(right, two));
    two = v128.load32_splat(a1, 4);
    x1 = i32x4.add(x1, i32x4.dot_i16x8_s(left, two)); y1 = i32x4.add(y1, i32x4.dot_i16x8_s(right, two));
    two = v128.load32_splat(a2, 4);
    x2 = i32x4.add(x2, i32x4.dot_i16x8_s(left, two)); y2 = i32x4.add(y2, i32x4.dot_i16x8_s(right, two));
    two = v128.load32_splat(a3, 4);
    x3 = i32x4.add(x3, i32x4.dot_i16x8_s(left, two)); y3 = i32x4.add(y3, i32x4.dot_i16x8_s(right, two));
    b += 64;
    a0 += 8; a1 += 8; a2 += 8; a3 += 8;
  }
  const left = v128.load(scales), right = v128.load(scales, 16);
  storeScores(c, x0, y0, left, right); c += KEYS << 2;
  storeScores(c, x1, y1, left, right); c += KEYS << 2;
  storeScores(c, x2, y2, left, right); c += KEYS << 2;
  storeScores(c, x3, y3, left, right);
}

// @ts-ignore: decorator
@inline
function storeScores(c: usize, x: v128, y: v128, left: v128, right: v128): void {
  v128.store(c, f32x4.mul(f32x4.convert_i32x4_s(x), left));
  v128.store(c, f32x4.mul(f32x4.convert_i32x4_s(y), right), 16);
}

/**
 * Turns one row of scores into weights, exact zeros from `visible` on. They are multiplied with the scales of their values
 * and rounded, with a scale of their own.
 */
function weigh(i: i32, row: i32, visible: i32, count: i32, valueScales: usize): void {
  let shrink: f32 = 1, scale: f32 = 0;
  let to = codes + (<usize>(i * KEYS) << 1);
  const codesEnd = to + (<usize>count << 1);
  if (visible > 0) {
    const from = rowOf(scores, i, KEYS), whole = from + (<usize>(visible & ~3) << 2);
    const before = load<f32>(rowOf(highest, row, 1)), queryScale = load<f32>(rowOf(queryScales, row, 1));
    const now = max(before, highestOf(from, visible) * queryScale);
    const factor = f32x4.splat(queryScale), below = f32x4.splat(-now);
    let sum = f32x4.splat(0), scaledSum = sum, top = sum;
    let at = from;
    for (; at < whole; at += 16, valueScales += 16) {
      const weight = exp2(f32x4.relaxed_madd(v128.load(at), factor, below));
      const scaled = f32x4.mul(weight, v128.load(valueScales));
      sum = f32x4.add(sum, weight);
      scaledSum = f32x4.add(scaledSum, scaled);
      top = f32x4.pmax(top, scaled);
      v128.store(at, scaled);
    }
    if (visible & 3) {
      const inside = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(visible & 3));
      const weight = v128.and(exp2(f32x4.relaxed_madd(v128.load(at), factor, below)), inside);
      const scaled = v128.and(f32x4.mul(weight, v128.load(valueScales)), inside);
      sum = f32x4.add(sum, weight);
      scaledSum = f32x4.add(scaledSum, scaled);
      top = f32x4.pmax(top, scaled);
      v128.store(at, scaled);
      at += 16;
    }
    if (((visible + 3) & 4) != 0) v128.store(at, f32x4.splat(0));
    shrink = f32x4.extract_lane(exp2(f32x4.splat(before - now)), 0);
    store<f32>(rowOf(highest, row, 1), now);
    store<f32>(rowOf(total, row, 1), load<f32>(rowOf(total, row, 1)) * shrink + sumOfLanes(sum));

    scale = max(sumOfLanes(scaledSum) / MOST_WEIGHT, maxOfLanes(top) / MOST_CODE);
    if (scale < LEAST_SCALE) scale = 0;
    const finer = f32x4.splat(scale == 0 ? 0 : 1 / scale), half = f32x4.splat(0.5);
    const seen = codes + (<usize>(i * KEYS + ((visible + 7) & ~7)) << 1);
    for (at = from; to < seen; at += 32, to += 16) {
      const left = i32x4.relaxed_trunc_f32x4_s(f32x4.relaxed_madd(v128.load(at), finer, half));
      const right = i32x4.relaxed_trunc_f32x4_s(f32x4.relaxed_madd(v128.load(at, 16), finer, half));
      v128.store(to, i16x8.narrow_i32x4_s(left, right));
    }
  }
  for (; to < codesEnd; to += 16) v128.store(to, i32x4.splat(0));
  store<f32>(rowOf(codeScales, i, 1), scale);
  store<f32>(rowOf(shrinks, i, 1), shrink);
}

/** 4 rows of 8 sums: shrinks what is there, and adds the weighted values. */
function fourSums(b: usize, end: usize, c: usize, downC: usize): void {
  let a = codes;
  let x0 = i32x4.splat(0), x1 = x0, x2 = x0, x3 = x0, y0 = x0, y1 = x0, y2 = x0, y3 = x0;
  while (b < end) {
    let left = v128.load(b), right = v128.load(b, 16);
    let two = v128.load32_splat(a);
    x0 = i32x4.add(x0, i32x4.dot_i16x8_s(left, two)); y0 = i32x4.add(y0, i32x4.dot_i16x8_s(right, two));
    two = v128.load32_splat(a, KEYS << 1);
    x1 = i32x4.add(x1, i32x4.dot_i16x8_s(left, two)); y1 = i32x4.add(y1, i32x4.dot_i16x8_s(right, two));
    two = v128.load32_splat(a, KEYS << 2);
    x2 = i32x4.add(x2, i32x4.dot_i16x8_s(left, two)); y2 = i32x4.add(y2, i32x4.dot_i16x8_s(right, two));
    two = v128.load32_splat(a, KEYS * 6);
    x3 = i32x4.add(x3, i32x4.dot_i16x8_s(left, two)); y3 = i32x4.add(y3, i32x4.dot_i16x8_s(right, two));

    left = v128.load(b, 32); right = v128.load(b, 48);
    two = v128.load32_splat(a, 4);
    x0 = i32x4.add(x0, i32x4.dot_i16x8_s(left, two)); y0 = i32x4.add(y0, i32x4.dot_i16x8_s(right, two));
    two = v128.load32_splat(a, (KEYS << 1) + 4);
    x1 = i32x4.add(x1, i32x4.dot_i16x8_s(left, two)); y1 = i32x4.add(y1, i32x4.dot_i16x8_s(right, two));
    two = v128.load32_splat(a, (KEYS << 2) + 4);
    x2 = i32x4.add(x2, i32x4.dot_i16x8_s(left, two)); y2 = i32x4.add(y2, i32x4.dot_i16x8_s(right, two));
    two = v128.load32_splat(a, KEYS * 6 + 4);
    x3 = i32x4.add(x3, i32x4.dot_i16x8_s(left, two)); y3 = i32x4.add(y3, i32x4.dot_i16x8_s(right, two));
    b += 64;
    a += 8;
  }
  addSums(c, x0, y0, 0); c += downC;
  addSums(c, x1, y1, 1); c += downC;
  addSums(c, x2, y2, 2); c += downC;
  addSums(c, x3, y3, 3);
}

// @ts-ignore: decorator
@inline
function addSums(c: usize, x: v128, y: v128, i: i32): void {
  const scale = v128.load32_splat(rowOf(codeScales, i, 1)), shrink = v128.load32_splat(rowOf(shrinks, i, 1));
  v128.store(c, f32x4.relaxed_madd(f32x4.convert_i32x4_s(x), scale, f32x4.mul(v128.load(c), shrink)));
  v128.store(c, f32x4.relaxed_madd(f32x4.convert_i32x4_s(y), scale, f32x4.mul(v128.load(c, 16), shrink)), 16);
}
