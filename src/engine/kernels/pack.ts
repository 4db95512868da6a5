// Eight rows of a matrix, one below the other, become a panel of 8 columns, as `gemm`, `gemm16` and `gemm8` read them.
// Widths are multiples of 8.

// @ts-ignore: decorator
@inline
function lowPairs(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
}

// @ts-ignore: decorator
@inline
function highPairs(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
}

// @ts-ignore: decorator
@inline
function lowFours(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
}

// @ts-ignore: decorator
@inline
function highFours(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
}

// @ts-ignore: decorator
@inline
function lowEights(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}

// @ts-ignore: decorator
@inline
function highEights(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
}

/** Codes [8][k] become [k / 2][8][2]. Reads 8 bytes behind them where `k` is no multiple of 16. */
export function packCodes(codes: usize, k: i32, out: usize): void {
  const down = <usize>k;
  for (let i: usize = 0; i < down; i += 16, out += 128) {
    let row = codes + i;
    const a = v128.load(row); row += down;
    const b = v128.load(row); row += down;
    const c = v128.load(row); row += down;
    const d = v128.load(row); row += down;
    const e = v128.load(row); row += down;
    const f = v128.load(row); row += down;
    const g = v128.load(row); row += down;
    const h = v128.load(row);
    let ab = lowPairs(a, b), cd = lowPairs(c, d), ef = lowPairs(e, f), gh = lowPairs(g, h);
    let abcd = lowFours(ab, cd), efgh = lowFours(ef, gh);
    v128.store(out, lowEights(abcd, efgh));
    v128.store(out, highEights(abcd, efgh), 16);
    abcd = highFours(ab, cd); efgh = highFours(ef, gh);
    v128.store(out, lowEights(abcd, efgh), 32);
    v128.store(out, highEights(abcd, efgh), 48);
    if (i + 8 >= down) break;
    ab = highPairs(a, b); cd = highPairs(c, d); ef = highPairs(e, f); gh = highPairs(g, h);
    abcd = lowFours(ab, cd); efgh = lowFours(ef, gh);
    v128.store(out, lowEights(abcd, efgh), 64);
    v128.store(out, highEights(abcd, efgh), 80);
    abcd = highFours(ab, cd); efgh = highFours(ef, gh);
    v128.store(out, lowEights(abcd, efgh), 96);
    v128.store(out, highEights(abcd, efgh), 112);
  }
}

/** Scales and least values [8][groups] become [groups · times][2][8]; false where one of them is not finite. */
export function packScales(scales: usize, leasts: usize, groups: i32, times: i32, out: usize): bool {
  const down = <usize>groups << 2;
  let sum: f64 = 0;
  for (let i: usize = 0; i < down; i += 4) {
    const first = out;
    for (let row: usize = 0; row < 8; row++, out += 4) {
      const scale = load<f32>(scales + row * down + i), least = load<f32>(leasts + row * down + i);
      store<f32>(out, scale);
      store<f32>(out, least, 32);
      sum += <f64>scale + <f64>least;
    }
    out += 32;
    for (let time = 1; time < times; time++, out += 64) memory.copy(out, first, 64);
  }
  return isFinite(sum);
}

/** Floats [8][k] become [k][8]; false where one of them is not finite. */
export function packFloats(floats: usize, k: i32, out: usize): bool {
  const down = <usize>k << 2;
  const zero = f32x4.splat(0);
  let zeros = zero;
  for (let i: usize = 0; i < down; i += 16, out += 128) {
    let row = floats + i;
    for (let four: usize = 0; four < 32; four += 16) {
      const a = v128.load(row); row += down;
      const b = v128.load(row); row += down;
      const c = v128.load(row); row += down;
      const d = v128.load(row); row += down;
      zeros = f32x4.add(zeros, f32x4.mul(zero, a));
      zeros = f32x4.add(zeros, f32x4.mul(zero, b));
      zeros = f32x4.add(zeros, f32x4.mul(zero, c));
      zeros = f32x4.add(zeros, f32x4.mul(zero, d));
      let ab = lowFours(a, b), cd = lowFours(c, d);
      v128.store(out + four, lowEights(ab, cd));
      v128.store(out + four, highEights(ab, cd), 32);
      ab = highFours(a, b); cd = highFours(c, d);
      v128.store(out + four, lowEights(ab, cd), 64);
      v128.store(out + four, highEights(ab, cd), 96);
    }
  }
  return i32x4.bitmask(f32x4.eq(zeros, zero)) == 15;
}

/** The lowest of so many codes in its low 16 bits, and the highest in the others; both reach to 0. */
export function rangeOfCodes(codes: usize, count: i32): i32 {
  let low = i8x16.splat(0), high = i8x16.splat(0);
  const end = codes + <usize>count;
  for (; codes < end; codes += 16) {
    const some = v128.load(codes);
    low = i8x16.min_s(low, some);
    high = i8x16.max_s(high, some);
  }
  let lowest: i32 = 0, highest: i32 = 0;
  for (let i = 0; i < 16; i++) {
    lowest = min(lowest, <i32>i8x16.extract_lane_s(low, 0));
    highest = max(highest, <i32>i8x16.extract_lane_s(high, 0));
    low = i8x16.shuffle(low, low, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0);
    high = i8x16.shuffle(high, high, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0);
  }
  return (lowest & 0xffff) | (highest << 16);
}

/** Codes [k / 2][8][2], so many in all, become [k / 4][8][4] in their place, and each `shift` more. */
export function codesInFours(codes: usize, count: i32, shift: i32): void {
  const shifts = i8x16.splat(<i8>shift);
  const end = codes + <usize>count;
  for (; codes < end; codes += 32) {
    const first = v128.load(codes), second = v128.load(codes, 16);
    v128.store(codes, i8x16.add(lowPairs(first, second), shifts));
    v128.store(codes, i8x16.add(highPairs(first, second), shifts), 16);
  }
}

/** Takes `shift` scales off the least values of so many groups [groups][2][8], so that weights stay when codes are shifted. */
export function shiftLeasts(scales: usize, groups: i32, shift: i32): void {
  const end = scales + (<usize>groups << 6);
  for (; scales < end; scales += 64) {
    for (let at = scales; at < scales + 32; at += 4) {
      store<f32>(at, <f32>(<f64>load<f32>(at, 32) - <f64>shift * <f64>load<f32>(at)), 32);
    }
  }
}
