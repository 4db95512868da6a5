// Products of integers. A matrix is kept as codes of 8 bits; `group` neighbours of a column share a scale and a least
// value, a weight being code · scale + least. Activations are rounded, group by group of the same size, to signed codes
// of 16 or of 8 bits. The sums of a group's products are exact, so their order does not matter; they are added up in
// fp32 by groups in ascending order. So a row's result is bitwise the same alone and in a batch.
//
// Codes lie in panels of 8 columns, [n / 8][k / 2][8][2] for activations of 16 bits, [n / 8][k / 4][8][4] for those of 8;
// scales and least values [n / 8][k / group][2][8]. `k` is a multiple of `group`, `group` of 8, up to 64.
import { maxOfLanes, nearest, sumOfIntegers } from "./vector";

let panel: usize = 0;

/** Gives `gemm16` 16 bytes for each input of the widest matrix, to be called first; each thread has its own. */
export function panelScratch(at: usize): void {
  panel = at;
}

// @ts-ignore: decorator
@inline
function absolutes(x: usize): v128 {
  return f32x4.max(f32x4.abs(v128.load(x)), f32x4.abs(v128.load(x, 16)));
}

/** The highest absolute value of a group; NaN where one is. */
export function highestInGroup(x: usize, group: i32): f32 {
  let highest = absolutes(x);
  const end = x + (<usize>group << 2);
  for (let at = x + 32; at < end; at += 32) highest = f32x4.max(highest, absolutes(at));
  return maxOfLanes(highest);
}

/**
 * Rounds rows of `k` floats to codes of ±32,767 [rows][k], with the scale and the sum of every group
 * [rows][k / group][2].
 */
export function round16(x: usize, ldx: i32, rows: i32, k: i32, group: i32, codes: usize, scales: usize): void {
  for (let row = 0; row < rows; row++) {
    const from = x + (<usize>(row * ldx) << 2), end = from + (<usize>k << 2);
    for (let first = from; first < end; scales += 8) {
      const highest = highestInGroup(first, group);
      const scale: f32 = highest / 32767;
      const factor = f32x4.splat(scale > 0 ? 1 / scale : 0);
      const next = first + (<usize>group << 2);
      let sums = i32x4.splat(0);
      for (; first < next; first += 32, codes += 16) {
        const left = nearest(v128.load(first), factor), right = nearest(v128.load(first, 16), factor);
        sums = i32x4.add(sums, i32x4.add(left, right));
        v128.store(codes, i16x8.narrow_i32x4_s(left, right));
      }
      store<f32>(scales, scale);
      store<f32>(scales, <f32>sumOfIntegers(sums) * scale, 4);
    }
  }
}

/** As `round16`, to codes of ±127 in bytes. */
export function round8(x: usize, ldx: i32, rows: i32, k: i32, group: i32, codes: usize, scales: usize): void {
  for (let row = 0; row < rows; row++) {
    const from = x + (<usize>(row * ldx) << 2), end = from + (<usize>k << 2);
    for (let first = from; first < end; scales += 8) {
      const highest = highestInGroup(first, group);
      const scale: f32 = highest / 127;
      const factor = f32x4.splat(scale > 0 ? 1 / scale : 0);
      const next = first + (<usize>group << 2);
      let sums = i32x4.splat(0);
      for (; first < next; first += 32, codes += 8) {
        const left = nearest(v128.load(first), factor), right = nearest(v128.load(first, 16), factor);
        sums = i32x4.add(sums, i32x4.add(left, right));
        const both = i16x8.narrow_i32x4_s(left, right);
        v128.store64_lane(codes, i8x16.narrow_i16x8_s(both, both), 0);
      }
      store<f32>(scales, scale);
      store<f32>(scales, <f32>sumOfIntegers(sums) * scale, 4);
    }
  }
}

/** C[rows × n] (+)= A[rows × k] · B, activations rounded to 16 bits. */
export function gemm16(
  a: usize, aScales: usize, rows: i32,
  b: usize, bScales: usize, k: i32, group: i32, n: i32,
  c: usize, ldc: i32, accumulate: bool,
): void {
  const downA = <usize>k << 1, downS = <usize>(k / group) << 3, downC = <usize>ldc << 2;
  const panelBytes = <usize>k << 3, panelScales = <usize>(k / group) << 6;
  const whole = rows & ~3;
  if (!accumulate) clear(c, rows, n, downC);
  for (let column = 0; column < n; column += 8, b += panelBytes, bScales += panelScales, c += 32) {
    let at = a, s = aScales, to = c, row = 0;
    if (whole > 0) {
      for (let i: usize = 0; i < panelBytes; i += 16) {
        v128.store(panel + (i << 1), v128.load8x8_s(b + i));
        v128.store(panel + (i << 1), v128.load8x8_s(b + i, 8), 16);
      }
    }
    for (; row < whole; row += 4, at += downA << 2, s += downS << 2, to += downC << 2) {
      fourRows16(at, downA, s, downS, panel, bScales, bScales + panelScales, group, to, downC);
    }
    for (; row < rows; row++, at += downA, s += downS, to += downC) {
      oneRow16(at, s, b, bScales, bScales + panelScales, group, to);
    }
  }
}

/** C[rows × n] (+)= A[rows × k] · B, activations rounded to 8 bits, and no code of B negative. */
export function gemm8(
  a: usize, aScales: usize, rows: i32,
  b: usize, bScales: usize, k: i32, group: i32, n: i32,
  c: usize, ldc: i32, accumulate: bool,
): void {
  const downA = <usize>k, downS = <usize>(k / group) << 3, downC = <usize>ldc << 2;
  const panelBytes = <usize>k << 3, panelScales = <usize>(k / group) << 6;
  if (!accumulate) clear(c, rows, n, downC);
  for (let column = 0; column < n; column += 8, b += panelBytes, bScales += panelScales, c += 32) {
    let at = a, s = aScales, to = c, row = 0;
    for (; row + 4 <= rows; row += 4, at += downA << 2, s += downS << 2, to += downC << 2) {
      fourRows8(at, downA, s, downS, b, bScales, bScales + panelScales, group, to, downC);
    }
    for (; row < rows; row++, at += downA, s += downS, to += downC) {
      oneRow8(at, s, b, bScales, bScales + panelScales, group, to);
    }
  }
}

function clear(c: usize, rows: i32, n: i32, downC: usize): void {
  for (let row = 0; row < rows; row++, c += downC) memory.fill(c, 0, <usize>n << 2);
}

/** Adds a group's products to 8 elements of C: `x` and `y` are sums of codes, `a` the row's scale and sum. */
// @ts-ignore: decorator
@inline
function addGroup(c: usize, x: v128, y: v128, a: usize, left: v128, right: v128, lowLeft: v128, lowRight: v128): void {
  const scale = v128.load32_splat(a), sum = v128.load32_splat(a, 4);
  const onLeft = f32x4.relaxed_madd(sum, lowLeft, v128.load(c));
  const onRight = f32x4.relaxed_madd(sum, lowRight, v128.load(c, 16));
  v128.store(c, f32x4.relaxed_madd(f32x4.convert_i32x4_s(x), f32x4.mul(scale, left), onLeft));
  v128.store(c, f32x4.relaxed_madd(f32x4.convert_i32x4_s(y), f32x4.mul(scale, right), onRight), 16);
}

function fourRows16(
  a0: usize, downA: usize, s: usize, downS: usize,
  b: usize, scales: usize, scalesEnd: usize, group: i32, c: usize, downC: usize,
): void {
  let a1 = a0 + downA, a2 = a1 + downA, a3 = a2 + downA;
  for (; scales < scalesEnd; scales += 64, s += 8) {
    let x0 = i32x4.splat(0), x1 = x0, x2 = x0, x3 = x0, y0 = x0, y1 = x0, y2 = x0, y3 = x0;
    const end = b + (<usize>group << 4);
    while (b < end) {
      let left = v128.load(b), right = v128.load(b, 16);
      let codes = v128.load32_splat(a0);
      x0 = i32x4.add(x0, i32x4.dot_i16x8_s(left, codes)); y0 = i32x4.add(y0, i32x4.dot_i16x8_s(right, codes));
      codes = v128.load32_splat(a1);
      x1 = i32x4.add(x1, i32x4.dot_i16x8_s(left, codes)); y1 = i32x4.add(y1, i32x4.dot_i16x8_s(right, codes));
      codes = v128.load32_splat(a2);
      x2 = i32x4.add(x2, i32x4.dot_i16x8_s(left, codes)); y2 = i32x4.add(y2, i32x4.dot_i16x8_s(right, codes));
      codes = v128.load32_splat(a3);
      x3 = i32x4.add(x3, i32x4.dot_i16x8_s(left, codes)); y3 = i32x4.add(y3, i32x4.dot_i16x8_s(right, codes));

      left = v128.load(b, 32); right = v128.load(b, 48);
      codes = v128.load32_splat(a0, 4);
      x0 = i32x4.add(x0, i32x4.dot_i16x8_s(left, codes)); y0 = i32x4.add(y0, i32x4.dot_i16x8_s(right, codes));
      codes = v128.load32_splat(a1, 4);
      x1 = i32x4.add(x1, i32x4.dot_i16x8_s(left, codes)); y1 = i32x4.add(y1, i32x4.dot_i16x8_s(right, codes));
      codes = v128.load32_splat(a2, 4);
      x2 = i32x4.add(x2, i32x4.dot_i16x8_s(left, codes)); y2 = i32x4.add(y2, i32x4.dot_i16x8_s(right, codes));
      codes = v128.load32_splat(a3, 4);
      x3 = i32x4.add(x3, i32x4.dot_i16x8_s(left, codes)); y3 = i32x4.add(y3, i32x4.dot_i16x8_s(right, codes));
      b += 64;
      a0 += 8; a1 += 8; a2 += 8; a3 += 8;
    }
    const left = v128.load(scales), right = v128.load(scales, 16);
    const lowLeft = v128.load(scales, 32), lowRight = v128.load(scales, 48);
    let to = c, from = s;
    addGroup(to, x0, y0, from, left, right, lowLeft, lowRight); to += downC; from += downS;
    addGroup(to, x1, y1, from, left, right, lowLeft, lowRight); to += downC; from += downS;
    addGroup(to, x2, y2, from, left, right, lowLeft, lowRight); to += downC; from += downS;
    addGroup(to, x3, y3, from, left, right, lowLeft, lowRight);
  }
}

function oneRow16(a: usize, s: usize, b: usize, scales: usize, scalesEnd: usize, group: i32, c: usize): void {
  for (; scales < scalesEnd; scales += 64, s += 8) {
    let x0 = i32x4.splat(0), x1 = x0, y0 = x0, y1 = x0;
    const end = b + (<usize>group << 3);
    for (; b < end; b += 32, a += 8) {
      let codes = v128.load32_splat(a);
      x0 = i32x4.add(x0, i32x4.dot_i16x8_s(v128.load8x8_s(b), codes));
      y0 = i32x4.add(y0, i32x4.dot_i16x8_s(v128.load8x8_s(b, 8), codes));
      codes = v128.load32_splat(a, 4);
      x1 = i32x4.add(x1, i32x4.dot_i16x8_s(v128.load8x8_s(b, 16), codes));
      y1 = i32x4.add(y1, i32x4.dot_i16x8_s(v128.load8x8_s(b, 24), codes));
    }
    addGroup(
      c, i32x4.add(x0, x1), i32x4.add(y0, y1), s,
      v128.load(scales), v128.load(scales, 16), v128.load(scales, 32), v128.load(scales, 48),
    );
  }
}

// @ts-ignore: decorator
@inline
function dot8(activations: v128, weights: v128, sum: v128): v128 {
  return i32x4.relaxed_dot_i8x16_i7x16_add_s(activations, weights, sum);
}

/** out[4] = the four sums of four products of 16 bytes each, for a look at how this machine makes them. */
export function dots(activations: usize, weights: usize, out: usize): void {
  v128.store(out, dot8(v128.load(activations), v128.load(weights), i32x4.splat(0)));
}

function fourRows8(
  a0: usize, downA: usize, s: usize, downS: usize,
  b: usize, scales: usize, scalesEnd: usize, group: i32, c: usize, downC: usize,
): void {
  let a1 = a0 + downA, a2 = a1 + downA, a3 = a2 + downA;
  for (; scales < scalesEnd; scales += 64, s += 8) {
    let x0 = i32x4.splat(0), x1 = x0, x2 = x0, x3 = x0, y0 = x0, y1 = x0, y2 = x0, y3 = x0;
    const end = b + (<usize>group << 3);
    while (b < end) {
      let left = v128.load(b), right = v128.load(b, 16);
      let codes = v128.load32_splat(a0);
      x0 = dot8(codes, left, x0); y0 = dot8(codes, right, y0);
      codes = v128.load32_splat(a1);
      x1 = dot8(codes, left, x1); y1 = dot8(codes, right, y1);
      codes = v128.load32_splat(a2);
      x2 = dot8(codes, left, x2); y2 = dot8(codes, right, y2);
      codes = v128.load32_splat(a3);
      x3 = dot8(codes, left, x3); y3 = dot8(codes, right, y3);

      left = v128.load(b, 32); right = v128.load(b, 48);
      codes = v128.load32_splat(a0, 4);
      x0 = dot8(codes, left, x0); y0 = dot8(codes, right, y0);
      codes = v128.load32_splat(a1, 4);
      x1 = dot8(codes, left, x1); y1 = dot8(codes, right, y1);
      codes = v128.load32_splat(a2, 4);
      x2 = dot8(codes, left, x2); y2 = dot8(codes, right, y2);
      codes = v128.load32_splat(a3, 4);
      x3 = dot8(codes, left, x3); y3 = dot8(codes, right, y3);
      b += 64;
      a0 += 8; a1 += 8; a2 += 8; a3 += 8;
    }
    const left = v128.load(scales), right = v128.load(scales, 16);
    const lowLeft = v128.load(scales, 32), lowRight = v128.load(scales, 48);
    let to = c, from = s;
    addGroup(to, x0, y0, from, left, right, lowLeft, lowRight); to += downC; from += downS;
    addGroup(to, x1, y1, from, left, right, lowLeft, lowRight); to += downC; from += downS;
    addGroup(to, x2, y2, from, left, right, lowLeft, lowRight); to += downC; from += downS;
    addGroup(to, x3, y3, from, left, right, lowLeft, lowRight);
  }
}

function oneRow8(a: usize, s: usize, b: usize, scales: usize, scalesEnd: usize, group: i32, c: usize): void {
  for (; scales < scalesEnd; scales += 64, s += 8) {
    let x0 = i32x4.splat(0), x1 = x0, y0 = x0, y1 = x0;
    const end = b + (<usize>group << 3);
    for (; b < end; b += 64, a += 8) {
      let codes = v128.load32_splat(a);
      x0 = dot8(codes, v128.load(b), x0); y0 = dot8(codes, v128.load(b, 16), y0);
      codes = v128.load32_splat(a, 4);
      x1 = dot8(codes, v128.load(b, 32), x1); y1 = dot8(codes, v128.load(b, 48), y1);
    }
    addGroup(
      c, i32x4.add(x0, x1), i32x4.add(y0, y1), s,
      v128.load(scales), v128.load(scales, 16), v128.load(scales, 32), v128.load(scales, 48),
    );
  }
}
