// What attention works in. Each thread has an instance of the kernels on the one memory: what `memory.data` reserves would
// be every thread's.
import { powersScratch } from "./vector";

/** The most rows, and keys in a tile; a head is at most as wide. */
export const ROWS: i32 = 32;
export const KEYS: i32 = 128;
const WIDEST: i32 = 128;

/** [ROWS][width] in fp32, or rounded, with their scales. */
export let queries: usize = 0;
export let queryScales: usize = 0;
/** [4][KEYS]: scores, and the weights they become. */
export let scores: usize = 0;
/** [4][KEYS]: weights rounded, with their scales, and what earlier sums are multiplied with. */
export let codes: usize = 0;
export let codeScales: usize = 0;
export let shrinks: usize = 0;
/** [ROWS][width], and of each row the highest score, the weights' sum and the first position that it does not see. */
export let sums: usize = 0;
export let highest: usize = 0;
export let total: usize = 0;
export let ends: usize = 0;
/** [WIDEST] */
export let vector: usize = 0;

/** Gives attention and `exp2` 65,536 bytes, to be called first. */
export function attentionScratch(at: usize): void {
  queries = at;
  sums = queries + ROWS * WIDEST * 4;
  scores = sums + ROWS * WIDEST * 4;
  codes = scores + 4 * KEYS * 4;
  vector = codes + 4 * KEYS * 2;
  queryScales = vector + WIDEST * 4;
  codeScales = queryScales + ROWS * 4;
  shrinks = codeScales + 4 * 4;
  highest = shrinks + 4 * 4;
  total = highest + ROWS * 4;
  ends = total + ROWS * 4;
  powersScratch(ends + ROWS * 4);
}

// @ts-ignore: decorator
@inline
export function rowOf(start: usize, row: i32, width: i32): usize {
  return start + (<usize>(row * width) << 2);
}
