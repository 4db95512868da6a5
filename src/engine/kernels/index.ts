// The engine's arithmetic in AssemblyScript (WebAssembly SIMD). Pointers are byte addresses, widths and strides count
// floats; every width is a multiple of 8. Relaxed SIMD's multiply-add is one instruction on today's CPUs.
export { attention } from "./attention";
export { attentionScratch } from "./attention-scratch";
export { gemm } from "./gemm";
export { dots, gemm16, gemm8, panelScratch, round16, round8 } from "./integers";
export { codesInFours, packCodes, packFloats, packScales, rangeOfCodes, shiftLeasts } from "./pack";
export { packKeysValues, rotateRows } from "./rope";
export { copyFloats, deviation, rmsNorm, scatterRows, swiglu } from "./rows";
export {
  floatsOfCodes,
  roundToCodes,
  unpackBF16,
  unpackF16,
  unpackF32,
  unpackQ4_0,
  unpackQ4_1,
  unpackQ4_K,
  unpackQ5_0,
  unpackQ6_K,
  unpackQ8_0,
} from "./unpack";
