import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { type Kernels, kernelsOn, type WasmMemory, wasm } from "./kernels.js";

/**
 * The flags of a Node that runs the kernels: already the first request meets optimised code. V8 has to start with them:
 * Node 26 aborts at the next compilation when they are set later.
 */
export const KERNEL_FLAGS: readonly string[] = ["--no-liftoff"];

const PAGE = 65_536;
const MOST_PAGES = 65_536;

/** `dist/engine/kernels.wasm`, compiled once for all that a process computes. */
let compiled: object | null = null;

function compile(): object {
  const bytes = readFileSync(new URL("../../../dist/engine/kernels.wasm", import.meta.url));
  // Node 20 has relaxed SIMD, but still calls it experimental.
  if (!wasm.validate(bytes)) setFlagsFromString("--experimental-wasm-relaxed-simd");
  return new wasm.Module(bytes);
}

/** The kernels, compiled, and the memory they work on, handed out piece by piece and never taken back. */
export class Arena {
  /** Both can be handed to another thread. */
  readonly module: object;
  readonly memory: WasmMemory;
  /** For this thread. */
  readonly kernels: Kernels;
  #end = 0;
  #scratch = { at: 0, bytes: 0 };

  constructor() {
    compiled ??= compile();
    this.module = compiled;
    this.memory = new wasm.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });
    this.kernels = kernelsOn(this.memory, this.module);
    // So that no pointer is 0.
    this.allocate(1);
  }

  /** Room for `count` floats or 32-bit integers, zeroed; its byte address. */
  allocate(count: number): number {
    const pointer = this.#end;
    this.#end = Math.ceil((pointer + count * 4) / 64) * 64;
    const pages = Math.ceil(this.#end / PAGE) - this.memory.buffer.byteLength / PAGE;
    if (pages > 0) this.memory.grow(pages);
    return pointer;
  }

  /** Room for so many bytes until the next call; its byte address. */
  scratch(bytes: number): number {
    if (bytes > this.#scratch.bytes) this.#scratch = { at: this.allocate(Math.ceil(bytes / 4)), bytes };
    return this.#scratch.at;
  }

  /** A copy of `values` in the arena. */
  store(values: Float32Array): number {
    const pointer = this.allocate(values.length);
    this.floats(pointer, values.length).set(values);
    return pointer;
  }

  /** A view, valid until the next `allocate`, as are the others. */
  floats(pointer: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, pointer, count);
  }

  integers(pointer: number, count: number): Int32Array {
    return new Int32Array(this.memory.buffer, pointer, count);
  }

  bytes(pointer: number, count: number): Int8Array {
    return new Int8Array(this.memory.buffer, pointer, count);
  }

  /** Copies `count` floats within the arena. */
  copy(from: number, to: number, count: number): void {
    this.floats(0, this.memory.buffer.byteLength / 4).copyWithin(to / 4, from / 4, from / 4 + count);
  }
}
