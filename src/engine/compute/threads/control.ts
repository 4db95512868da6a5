import type { WasmMemory } from "../../wasm/kernels.js";
import type { Layout } from "../memory/layout.js";

/**
 * What the threads tell each other, in words of their shared memory: the number of the job, the job, how many have not done
 * their part, and whether one has ended.
 */
export const CONTROL = { turn: 0, kind: 1, layer: 2, row: 3, count: 4, pending: 5, ended: 6 } as const;
export const CONTROL_WORDS = 16;

/** What a thread is given. */
export interface ThreadData {
  readonly memory: WasmMemory;
  readonly module: object;
  /** Where the words of `CONTROL` lie. */
  readonly control: number;
  readonly layout: Layout;
  readonly thread: number;
}

/** How often a thread looks for what it waits for before it sleeps, some tens of microseconds. */
const LOOKS = 2_000;

/** Waits until a word is `wanted`: looks at it for a moment, then sleeps until it is told, or so long; what it is then. */
export function awaitChange(control: Int32Array, word: number, wanted: number, milliseconds: number): number {
  for (let look = 0; look < LOOKS; look++) {
    if (Atomics.load(control, word) === wanted) return wanted;
  }
  const now = Atomics.load(control, word);
  if (now !== wanted) Atomics.wait(control, word, now, milliseconds);
  return Atomics.load(control, word);
}
