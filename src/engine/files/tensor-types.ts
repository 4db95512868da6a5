/** How a tensor's numbers are stored: in blocks of so many values that take so many bytes. */
export type TensorType = FloatType | IntegerType;

interface Blocks {
  readonly blockValues: number;
  readonly blockBytes: number;
}

/** Each kernel that unpacks a type has its name. */
interface FloatType extends Blocks {
  readonly name: "F32" | "F16" | "BF16";
  readonly group: null;
}

/** Values that are code · scale + least, with a scale and a least value for each group of neighbours. */
export interface IntegerType extends Blocks {
  readonly name: "Q8_0" | "Q4_0" | "Q4_1" | "Q5_0" | "Q4_K" | "Q6_K";
  readonly group: number;
}

export const F32: TensorType = { name: "F32", blockValues: 1, blockBytes: 4, group: null };
export const F16: TensorType = { name: "F16", blockValues: 1, blockBytes: 2, group: null };
export const BF16: TensorType = { name: "BF16", blockValues: 1, blockBytes: 2, group: null };
const Q8_0: TensorType = { name: "Q8_0", blockValues: 32, blockBytes: 34, group: 32 };
const Q4_0: TensorType = { name: "Q4_0", blockValues: 32, blockBytes: 18, group: 32 };
const Q4_1: TensorType = { name: "Q4_1", blockValues: 32, blockBytes: 20, group: 32 };
const Q5_0: TensorType = { name: "Q5_0", blockValues: 32, blockBytes: 22, group: 32 };
const Q4_K: TensorType = { name: "Q4_K", blockValues: 256, blockBytes: 144, group: 32 };
const Q6_K: TensorType = { name: "Q6_K", blockValues: 256, blockBytes: 210, group: 16 };

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
