import { HALF_FLOATS } from "./float16.js";

/** How a tensor's numbers are stored: in blocks of so many values that take so many bytes. */
export interface TensorType {
  readonly name: string;
  readonly blockValues: number;
  readonly blockBytes: number;
  /** Writes the values of whole blocks into `out`, from its beginning on. */
  unpack(bytes: Uint8Array, out: Float32Array): void;
  /** How the values are made of integers, where they are. */
  readonly integers?: IntegerBlocks;
}

/** Blocks in groups of so many values that are code · scale + least. */
export interface IntegerBlocks {
  readonly group: number;
  /** Writes the codes, and each group's scale and least value, of whole blocks, from the arrays' beginnings on. */
  unpack(bytes: Uint8Array, codes: Int8Array, scales: Float32Array, leasts: Float32Array): void;
}

/** A type whose values are made of integers. */
function integerType(
  { name, blockValues, blockBytes }: Pick<TensorType, "name" | "blockValues" | "blockBytes">,
  integers: IntegerBlocks,
): TensorType {
  const { group } = integers;
  return {
    name,
    blockValues,
    blockBytes,
    integers,
    unpack(bytes, out) {
      const codes = new Int8Array(out.length);
      const scales = new Float32Array(out.length / group);
      const leasts = new Float32Array(scales.length);
      integers.unpack(bytes, codes, scales, leasts);
      for (let i = 0; i < scales.length; i++) {
        const scale = scales[i]!;
        const least = leasts[i]!;
        for (let at = i * group; at < (i + 1) * group; at++) out[at] = scale * codes[at]! + least;
      }
    },
  };
}

/** Added to anything, it leaves it as it is, also -0. */
const NOTHING = -0;

export const F32: TensorType = {
  name: "F32",
  blockValues: 1,
  blockBytes: 4,
  unpack(bytes, out) {
    new Uint8Array(out.buffer, out.byteOffset, bytes.length).set(bytes);
  },
};

export const F16: TensorType = {
  name: "F16",
  blockValues: 1,
  blockBytes: 2,
  unpack(bytes, out) {
    for (let i = 0; i < bytes.length / 2; i++) out[i] = half(bytes, 2 * i);
  },
};

export const BF16: TensorType = {
  name: "BF16",
  blockValues: 1,
  blockBytes: 2,
  unpack(bytes, out) {
    const bits = new Uint32Array(out.buffer, out.byteOffset, bytes.length / 2);
    for (let i = 0; i < bits.length; i++) bits[i] = ((bytes[2 * i + 1]! << 8) | bytes[2 * i]!) << 16;
  },
};

/** Blocks of 32: a scale and 8-bit integers. */
const Q8_0 = integerType(
  { name: "Q8_0", blockValues: 32, blockBytes: 34 },
  {
    group: 32,
    unpack(bytes, codes, scales, leasts) {
      leasts.fill(NOTHING);
      for (let at = 0, to = 0, group = 0; at < bytes.length; at += 34, to += 32, group++) {
        scales[group] = half(bytes, at);
        for (let i = 0; i < 32; i++) codes[to + i] = bytes[at + 2 + i]!;
      }
    },
  },
);

/** Blocks of 32: a scale and 4-bit integers around 8; a byte holds the values i and i + 16. */
const Q4_0 = integerType(
  { name: "Q4_0", blockValues: 32, blockBytes: 18 },
  {
    group: 32,
    unpack(bytes, codes, scales, leasts) {
      leasts.fill(NOTHING);
      for (let at = 0, to = 0, group = 0; at < bytes.length; at += 18, to += 32, group++) {
        scales[group] = half(bytes, at);
        for (let i = 0; i < 16; i++) {
          const pair = bytes[at + 2 + i]!;
          codes[to + i] = (pair & 15) - 8;
          codes[to + i + 16] = (pair >> 4) - 8;
        }
      }
    },
  },
);

/** As Q4_0, but from a least value up. */
const Q4_1 = integerType(
  { name: "Q4_1", blockValues: 32, blockBytes: 20 },
  {
    group: 32,
    unpack(bytes, codes, scales, leasts) {
      for (let at = 0, to = 0, group = 0; at < bytes.length; at += 20, to += 32, group++) {
        scales[group] = half(bytes, at);
        leasts[group] = half(bytes, at + 2);
        for (let i = 0; i < 16; i++) {
          const pair = bytes[at + 4 + i]!;
          codes[to + i] = pair & 15;
          codes[to + i + 16] = pair >> 4;
        }
      }
    },
  },
);

/** As Q4_0, with a fifth bit of each value kept apart. */
const Q5_0 = integerType(
  { name: "Q5_0", blockValues: 32, blockBytes: 22 },
  {
    group: 32,
    unpack(bytes, codes, scales, leasts) {
      leasts.fill(NOTHING);
      for (let at = 0, to = 0, group = 0; at < bytes.length; at += 22, to += 32, group++) {
        scales[group] = half(bytes, at);
        for (let i = 0; i < 16; i++) {
          const pair = bytes[at + 6 + i]!;
          const low = (bytes[at + 2 + (i >> 3)]! >> (i & 7)) & 1;
          const high = (bytes[at + 4 + (i >> 3)]! >> (i & 7)) & 1;
          codes[to + i] = ((pair & 15) | (low << 4)) - 16;
          codes[to + i + 16] = ((pair >> 4) | (high << 4)) - 16;
        }
      }
    },
  },
);

/** Blocks of 256 in 8 groups, whose scales and least values have 6 bits each and two scales in common. */
const Q4_K = integerType(
  { name: "Q4_K", blockValues: 256, blockBytes: 144 },
  {
    group: 32,
    unpack(bytes, codes, scales, leasts) {
      for (let at = 0, first = 0; at < bytes.length; at += 144, first += 8) {
        const scale = half(bytes, at);
        const leastScale = half(bytes, at + 2);
        for (let group = 0; group < 8; group++) {
          const [steps, lows] = sixBits(bytes, at + 4, group);
          scales[first + group] = scale * steps;
          leasts[first + group] = -leastScale * lows;
          const from = at + 16 + (group >> 1) * 32;
          const to = (first + group) * 32;
          const shift = (group & 1) * 4;
          for (let i = 0; i < 32; i++) codes[to + i] = (bytes[from + i]! >> shift) & 15;
        }
      }
    },
  },
);

/** A group's scale and least value: the first four of each in the low bits of a byte, the others in what is left. */
function sixBits(bytes: Uint8Array, at: number, group: number): readonly [number, number] {
  if (group < 4) return [bytes[at + group]! & 63, bytes[at + 4 + group]! & 63];
  const rest = bytes[at + 4 + group]!;
  return [(rest & 15) | ((bytes[at + group - 4]! >> 6) << 4), (rest >> 4) | ((bytes[at + group]! >> 6) << 4)];
}

/** Blocks of 256 in 16 groups with 8-bit scales; 6-bit integers around 32, four bits and two bits apart. */
const Q6_K = integerType(
  { name: "Q6_K", blockValues: 256, blockBytes: 210 },
  {
    group: 16,
    unpack(bytes, codes, scales, leasts) {
      leasts.fill(NOTHING);
      for (let at = 0, to = 0; at < bytes.length; at += 210, to += 256) {
        const scale = half(bytes, at + 208);
        for (let group = 0; group < 16; group++) {
          scales[to / 16 + group] = scale * signed(bytes[at + 192 + group]!);
        }
        for (let i = 0; i < 256; i++) {
          const part = i >> 7;
          const quarter = (i >> 5) & 3;
          const within = i & 31;
          const low = bytes[at + part * 64 + (quarter & 1) * 32 + within]! >> ((quarter >> 1) * 4);
          const high = bytes[at + 128 + part * 32 + within]! >> (quarter * 2);
          codes[to + i] = ((low & 15) | ((high & 3) << 4)) - 32;
        }
      }
    },
  },
);

/** GGUF's types by their number; those that are only named can't be read. Source: ggml.h, `enum ggml_type`. */
export const GGUF_TYPES: ReadonlyMap<number, TensorType | string> = new Map<number, TensorType | string>([
  [0, F32],
  [1, F16],
  [2, Q4_0],
  [3, Q4_1],
  [6, Q5_0],
  [7, "Q5_1"],
  [8, Q8_0],
  [9, "Q8_1"],
  [10, "Q2_K"],
  [11, "Q3_K"],
  [12, Q4_K],
  [13, "Q5_K"],
  [14, Q6_K],
  [15, "Q8_K"],
  [16, "IQ2_XXS"],
  [17, "IQ2_XS"],
  [18, "IQ3_XXS"],
  [19, "IQ1_S"],
  [20, "IQ4_NL"],
  [21, "IQ3_S"],
  [22, "IQ2_S"],
  [23, "IQ4_XS"],
  [24, "I8"],
  [25, "I16"],
  [26, "I32"],
  [27, "I64"],
  [28, "F64"],
  [29, "IQ1_M"],
  [30, BF16],
  [34, "TQ1_0"],
  [35, "TQ2_0"],
  [39, "MXFP4"],
]);

/** Safetensors' types by their name. */
export const SAFETENSORS_TYPES: ReadonlyMap<string, TensorType> = new Map(
  [F32, F16, BF16].map((type) => [type.name, type]),
);

const half = (bytes: Uint8Array, at: number): number => HALF_FLOATS[bytes[at]! | (bytes[at + 1]! << 8)]!;

const signed = (byte: number): number => (byte << 24) >> 24;
