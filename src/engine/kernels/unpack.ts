// The numbers of model files, row by row. `from` is the first byte of so many blocks, as the types in
// `engine/files/tensor-types.ts` have them. Where a type is made of integers a weight is code · scale + least: its codes go
// to bytes in the order of the row, each group's scale and least value to floats. Source: llama.cpp, ggml-quants.c.
import { highestInGroup } from "./integers";

/** Added to anything, it leaves it as it is, also -0. */
const NOTHING: f32 = -0.0;

/** A 16-bit IEEE 754 float. Its exponent is moved by a product, which is exact for the smallest, too. */
// @ts-ignore: decorator
@inline
function half(from: usize): f32 {
  const bits = <u32>load<u16>(from);
  const size = reinterpret<u32>(reinterpret<f32>((bits & 0x7fff) << 13) * reinterpret<f32>(0x77800000));
  const endless: u32 = (bits & 0x7c00) == 0x7c00 ? 0x7f800000 : 0;
  return reinterpret<f32>(size | endless | ((bits & 0x8000) << 16));
}

export function unpackF32(from: usize, values: i32, out: usize): void {
  memory.copy(out, from, <usize>values << 2);
}

export function unpackF16(from: usize, values: i32, out: usize): void {
  const end = from + (<usize>(values & ~3) << 1);
  const factor = i32x4.splat(0x77800000), endless = i32x4.splat(0x7c00);
  for (; from < end; from += 8, out += 16) {
    const bits = v128.load16x4_u(from);
    const size = f32x4.mul(i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13), factor);
    const isEndless = i32x4.eq(v128.and(bits, endless), endless);
    const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
    v128.store(out, v128.or(v128.or(size, sign), v128.and(isEndless, i32x4.splat(0x7f800000))));
  }
  for (let i = 0; i < (values & 3); i++) store<f32>(out + (<usize>i << 2), half(from + (<usize>i << 1)));
}

export function unpackBF16(from: usize, values: i32, out: usize): void {
  const end = from + (<usize>(values & ~3) << 1);
  for (; from < end; from += 8, out += 16) v128.store(out, i32x4.shl(v128.load16x4_u(from), 16));
  for (let i = 0; i < (values & 3); i++) {
    store<u32>(out + (<usize>i << 2), <u32>load<u16>(from + (<usize>i << 1)) << 16);
  }
}

/** Blocks of 32: a scale and 8-bit integers. */
export function unpackQ8_0(from: usize, blocks: i32, codes: usize, scales: usize, leasts: usize): void {
  for (; blocks > 0; blocks--, from += 34, codes += 32, scales += 4, leasts += 4) {
    store<f32>(scales, half(from));
    store<f32>(leasts, NOTHING);
    v128.store(codes, v128.load(from, 2));
    v128.store(codes, v128.load(from, 18), 16);
  }
}

// @ts-ignore: decorator
@inline
function low4(pairs: v128): v128 {
  return v128.and(pairs, i8x16.splat(15));
}

/** Blocks of 32: a scale and 4-bit integers around 8; a byte holds the values i and i + 16. */
export function unpackQ4_0(from: usize, blocks: i32, codes: usize, scales: usize, leasts: usize): void {
  const middle = i8x16.splat(8);
  for (; blocks > 0; blocks--, from += 18, codes += 32, scales += 4, leasts += 4) {
    store<f32>(scales, half(from));
    store<f32>(leasts, NOTHING);
    const pairs = v128.load(from, 2);
    v128.store(codes, i8x16.sub(low4(pairs), middle));
    v128.store(codes, i8x16.sub(i8x16.shr_u(pairs, 4), middle), 16);
  }
}

/** As Q4_0, but from a least value up. */
export function unpackQ4_1(from: usize, blocks: i32, codes: usize, scales: usize, leasts: usize): void {
  for (; blocks > 0; blocks--, from += 20, codes += 32, scales += 4, leasts += 4) {
    store<f32>(scales, half(from));
    store<f32>(leasts, half(from + 2));
    const pairs = v128.load(from, 4);
    v128.store(codes, low4(pairs));
    v128.store(codes, i8x16.shr_u(pairs, 4), 16);
  }
}

/** 16 where a bit of the two bytes at `from` is set, else 0. */
// @ts-ignore: decorator
@inline
function fifthBits(from: usize): v128 {
  const bytes = i8x16.swizzle(v128.load16_splat(from), i8x16(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));
  const bit = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  return v128.and(i8x16.eq(v128.and(bytes, bit), bit), i8x16.splat(16));
}

/** As Q4_0, with a fifth bit of each value kept apart. */
export function unpackQ5_0(from: usize, blocks: i32, codes: usize, scales: usize, leasts: usize): void {
  const middle = i8x16.splat(16);
  for (; blocks > 0; blocks--, from += 22, codes += 32, scales += 4, leasts += 4) {
    store<f32>(scales, half(from));
    store<f32>(leasts, NOTHING);
    const pairs = v128.load(from, 6);
    v128.store(codes, i8x16.sub(v128.or(low4(pairs), fifthBits(from + 2)), middle));
    v128.store(codes, i8x16.sub(v128.or(i8x16.shr_u(pairs, 4), fifthBits(from + 4)), middle), 16);
  }
}

/**
 * Blocks of 256 in 8 groups, whose scales and least values have 6 bits each and two scales in common: the first four of each
 * lie in the low bits of a byte, the others in what is left.
 */
export function unpackQ4_K(from: usize, blocks: i32, codes: usize, scales: usize, leasts: usize): void {
  for (; blocks > 0; blocks--, from += 144, scales += 32, leasts += 32) {
    const scale = half(from), leastScale = -half(from + 2);
    const sixes = from + 4;
    for (let group: usize = 0; group < 8; group++) {
      let steps: u32, lows: u32;
      if (group < 4) {
        steps = load<u8>(sixes + group) & 63;
        lows = load<u8>(sixes + group, 4) & 63;
      } else {
        const rest = <u32>load<u8>(sixes + group, 4);
        steps = (rest & 15) | ((<u32>load<u8>(sixes + group - 4) >> 6) << 4);
        lows = (rest >> 4) | ((<u32>load<u8>(sixes + group) >> 6) << 4);
      }
      store<f32>(scales + (group << 2), scale * <f32>steps);
      store<f32>(leasts + (group << 2), leastScale * <f32>lows);
    }
    for (let at = from + 16; at < from + 144; at += 32, codes += 64) {
      const left = v128.load(at), right = v128.load(at, 16);
      v128.store(codes, low4(left));
      v128.store(codes, low4(right), 16);
      v128.store(codes, i8x16.shr_u(left, 4), 32);
      v128.store(codes, i8x16.shr_u(right, 4), 48);
    }
  }
}

/** Blocks of 256 in 16 groups with 8-bit scales; 6-bit integers around 32, four bits and two bits apart. */
export function unpackQ6_K(from: usize, blocks: i32, codes: usize, scales: usize, leasts: usize): void {
  for (; blocks > 0; blocks--, from += 210, codes += 256) {
    const scale = half(from + 208);
    for (let group: usize = 0; group < 16; group++, scales += 4, leasts += 4) {
      store<f32>(scales, scale * <f32>load<i8>(from + group, 192));
      store<f32>(leasts, NOTHING);
    }
    for (let part: usize = 0; part < 2; part++) {
      for (let within: usize = 0; within < 32; within += 16) {
        const to = codes + (part << 7) + within;
        const low = from + (part << 6) + within;
        const high = v128.load(from + (part << 5) + within, 128);
        const even = v128.load(low), odd = v128.load(low, 32);
        v128.store(to, sixBits(low4(even), high));
        v128.store(to, sixBits(low4(odd), i8x16.shr_u(high, 2)), 32);
        v128.store(to, sixBits(i8x16.shr_u(even, 4), i8x16.shr_u(high, 4)), 64);
        v128.store(to, sixBits(i8x16.shr_u(odd, 4), i8x16.shr_u(high, 6)), 96);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function sixBits(low: v128, high: v128): v128 {
  return i8x16.sub(v128.or(low, i8x16.shl(v128.and(high, i8x16.splat(3)), 4)), i8x16.splat(32));
}

/** out[values] = code · scale + least, rounded once. */
export function floatsOfCodes(
  codes: usize, scales: usize, leasts: usize, values: i32, group: i32, out: usize,
): void {
  const end = codes + <usize>values;
  while (codes < end) {
    const scale = f64x2.splat(<f64>load<f32>(scales)), least = f64x2.splat(<f64>load<f32>(leasts));
    const next = codes + <usize>group;
    for (; codes < next; codes += 4, out += 16) {
      const four = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(codes)));
      const left = f64x2.convert_low_i32x4_s(four);
      const right = f64x2.convert_low_i32x4_s(i8x16.shuffle(four, four, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
      const low = f32x4.demote_f64x2_zero(f64x2.add(f64x2.mul(left, scale), least));
      const high = f32x4.demote_f64x2_zero(f64x2.add(f64x2.mul(right, scale), least));
      v128.store64_lane(out, low, 0);
      v128.store64_lane(out, high, 0, 8);
    }
    scales += 4;
    leasts += 4;
  }
}

/** Rounds so many floats to codes of ±`most`, the nearest multiples of each group's scale. */
export function roundToCodes(
  floats: usize, values: i32, group: i32, most: i32, codes: usize, scales: usize, leasts: usize,
): void {
  const end = floats + (<usize>values << 2);
  for (; floats < end; scales += 4, leasts += 4) {
    const highest = highestInGroup(floats, group);
    const scale = <f32>(<f64>highest / <f64>most);
    store<f32>(scales, scale);
    store<f32>(leasts, 0);
    const next = floats + (<usize>group << 2);
    if (!(scale > 0)) {
      memory.fill(codes, 0, group);
      codes += <usize>group;
      floats = next;
      continue;
    }
    const step = f64x2.splat(<f64>scale);
    const top = i32x4.splat(most), bottom = i32x4.splat(-most);
    for (; floats < next; floats += 32, codes += 8) {
      const left = i32x4.max_s(i32x4.min_s(fourSteps(floats, step), top), bottom);
      const right = i32x4.max_s(i32x4.min_s(fourSteps(floats + 16, step), top), bottom);
      const both = i16x8.narrow_i32x4_s(left, right);
      v128.store64_lane(codes, i8x16.narrow_i16x8_s(both, both), 0);
    }
  }
}

/** Four floats in steps, to the nearest integer, from the middle upwards. */
// @ts-ignore: decorator
@inline
function fourSteps(floats: usize, step: v128): v128 {
  const middle = f64x2.splat(0.5);
  const left = f64x2.div(f64x2.promote_low_f32x4(v128.load64_zero(floats)), step);
  const right = f64x2.div(f64x2.promote_low_f32x4(v128.load64_zero(floats, 8)), step);
  const low = i32x4.trunc_sat_f64x2_s_zero(f64x2.floor(f64x2.add(left, middle)));
  const high = i32x4.trunc_sat_f64x2_s_zero(f64x2.floor(f64x2.add(right, middle)));
  return i8x16.shuffle(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}
