import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

/** The exports of `kernels/index.ts`. Pointers are byte addresses in the arena; strides and widths count floats. */
export interface Kernels {
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
  attention(
    q: number,
    ldq: number,
    positions: number,
    rows: number,
    keys: number,
    values: number,
    capacity: number,
    heads: number,
    kvHeads: number,
    headWidth: number,
    out: number,
    ldo: number,
  ): void;
  rmsNorm(x: number, weight: number, rows: number, width: number, epsilon: number, out: number): void;
  swiglu(x: number, rows: number, width: number): void;
  deviation(a: number, lda: number, b: number, ldb: number, rows: number, width: number, out: number): void;
  scatterRows(x: number, ldx: number, positions: number, rows: number, width: number, out: number): void;
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
  ): void;
}

/** What is used of the WebAssembly global, which Node has and its types leave to the browser's. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  readonly Memory: new (size: { initial: number }) => WasmMemory;
  validate(bytes: Uint8Array): boolean;
}

interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

const { Module, Instance, Memory, validate } = (globalThis as unknown as { WebAssembly: WebAssemblyApi })
  .WebAssembly;

/**
 * The flags of a Node that runs the kernels: already the first request meets optimised code. V8 has to start with them:
 * Node 26 aborts at the next compilation when they are set later.
 */
export const KERNEL_FLAGS: readonly string[] = ["--no-liftoff"];

const PAGE = 65_536;
/** The kernels keep their own scratch in the first page. */
const FIRST_FREE = PAGE;

/** The kernels and the memory they work on, handed out piece by piece and never taken back. */
export class Arena {
  readonly kernels: Kernels;
  readonly #memory: WasmMemory;
  #end = FIRST_FREE;

  /** Compiles `dist/engine/kernels.wasm`. */
  constructor() {
    const bytes = readFileSync(new URL("../../../dist/engine/kernels.wasm", import.meta.url));
    // Node 20 has relaxed SIMD, but still calls it experimental.
    if (!validate(bytes)) setFlagsFromString("--experimental-wasm-relaxed-simd");
    const module = new Module(bytes);
    this.#memory = new Memory({ initial: 1 });
    this.kernels = new Instance(module, { env: { memory: this.#memory } }).exports as Kernels;
  }

  /** Room for `count` floats or 32-bit integers, zeroed; its byte address. */
  allocate(count: number): number {
    const pointer = this.#end;
    this.#end = Math.ceil((pointer + count * 4) / 64) * 64;
    const pages = Math.ceil(this.#end / PAGE) - this.#memory.buffer.byteLength / PAGE;
    if (pages > 0) this.#memory.grow(pages);
    return pointer;
  }

  /** A copy of `values` in the arena. */
  store(values: Float32Array): number {
    const pointer = this.allocate(values.length);
    this.floats(pointer, values.length).set(values);
    return pointer;
  }

  /** A view, valid until the next `allocate`. */
  floats(pointer: number, count: number): Float32Array {
    return new Float32Array(this.#memory.buffer, pointer, count);
  }

  /** A view, valid until the next `allocate`. */
  integers(pointer: number, count: number): Int32Array {
    return new Int32Array(this.#memory.buffer, pointer, count);
  }

  /** Copies `count` floats within the arena. */
  copy(from: number, to: number, count: number): void {
    this.floats(0, this.#memory.buffer.byteLength / 4).copyWithin(to / 4, from / 4, from / 4 + count);
  }
}
