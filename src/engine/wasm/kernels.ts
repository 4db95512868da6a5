/** The exports of `kernels/index.ts`. Pointers are byte addresses in the arena; strides and widths count floats. */
export interface Kernels {
  attentionScratch(at: number): void;
  panelScratch(at: number): void;
  gemm(
    a: number,
    lda: number,
    rows: number,
    b: number,
    panelStride: number,
    k: number,
    n: number,
    c: number,
    ldc: number,
    accumulate: boolean,
  ): void;
  dots(activations: number, weights: number, out: number): void;
  readonly round16: Round;
  readonly round8: Round;
  readonly gemm16: IntegerGemm;
  readonly gemm8: IntegerGemm;
  attention(
    q: number,
    ldq: number,
    positions: number,
    rows: number,
    keys: number,
    values: number,
    capacity: number,
    headBytes: number,
    rounded: boolean,
    heads: number,
    kvHeads: number,
    headWidth: number,
    out: number,
    ldo: number,
  ): void;
  rmsNorm(x: number, weight: number, rows: number, width: number, epsilon: number, out: number): void;
  swiglu(gate: number, ldx: number, rows: number, toUp: number, width: number): void;
  deviation(a: number, lda: number, b: number, ldb: number, rows: number, width: number, out: number): void;
  scatterRows(x: number, ldx: number, positions: number, rows: number, width: number, out: number): void;
  copyFloats(from: number, to: number, count: number): void;
  rotateRows(
    x: number,
    ldx: number,
    positions: number,
    rows: number,
    heads: number,
    headWidth: number,
    table: number,
  ): void;
  packKeysValues(
    kv: number,
    ldkv: number,
    positions: number,
    rows: number,
    kvHeads: number,
    headWidth: number,
    table: number,
    keys: number,
    values: number,
    capacity: number,
    headBytes: number,
    rounded: boolean,
  ): void;
  readonly unpackF32: UnpackFloats;
  readonly unpackF16: UnpackFloats;
  readonly unpackBF16: UnpackFloats;
  readonly unpackQ8_0: UnpackIntegers;
  readonly unpackQ4_0: UnpackIntegers;
  readonly unpackQ4_1: UnpackIntegers;
  readonly unpackQ5_0: UnpackIntegers;
  readonly unpackQ4_K: UnpackIntegers;
  readonly unpackQ6_K: UnpackIntegers;
  floatsOfCodes(
    codes: number,
    scales: number,
    leasts: number,
    values: number,
    group: number,
    out: number,
  ): void;
  roundToCodes(
    floats: number,
    values: number,
    group: number,
    most: number,
    codes: number,
    scales: number,
    leasts: number,
  ): void;
  packCodes(codes: number, k: number, out: number): void;
  /** 0 where a number is not finite, as of `packFloats`. */
  packScales(scales: number, leasts: number, groups: number, times: number, out: number): number;
  packFloats(floats: number, k: number, out: number): number;
  rangeOfCodes(codes: number, count: number): number;
  codesInFours(codes: number, count: number, shift: number): void;
  shiftLeasts(scales: number, groups: number, shift: number): void;
}

type UnpackFloats = (from: number, values: number, out: number) => void;

type UnpackIntegers = (from: number, blocks: number, codes: number, scales: number, leasts: number) => void;

type Round = (
  x: number,
  ldx: number,
  rows: number,
  k: number,
  group: number,
  codes: number,
  scales: number,
) => void;

type IntegerGemm = (
  a: number,
  aScales: number,
  rows: number,
  b: number,
  bScales: number,
  k: number,
  group: number,
  n: number,
  c: number,
  ldc: number,
  accumulate: boolean,
) => void;

/** What attention works in, of each thread. */
export const ATTENTION_SCRATCH_BYTES = 65_536;
/** Keys that attention goes through together; a context has room for a whole number of them. */
export const TILE_KEYS = 128;
/** What `gemm16` works in, for each input of the widest matrix. */
export const PANEL_SCRATCH_BYTES = 16;

/** What is used of the WebAssembly global, which Node has and its types leave to the browser's. */
export interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => WasmMemory;
  validate(bytes: Uint8Array): boolean;
}

/** A memory that threads share: `buffer` is another one after each growth. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

export const wasm = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;

/** The kernels on a memory, for one thread. */
export function kernelsOn(memory: WasmMemory, module: object): Kernels {
  return new wasm.Instance(module, { env: { memory } }).exports as Kernels;
}
