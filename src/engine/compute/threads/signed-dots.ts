import type { Arena } from "../../wasm/arena.js";
import type { Kernels } from "../../wasm/kernels.js";

/**
 * Throws where sums of products of 8 bits come out wrong: V8's baseline compiler takes the signed operand for the other one
 * in Node 20, and its optimising compiler does not, so that results would change while an engine runs.
 */
export function requireSignedDots(arena: Arena, kernels: Kernels): void {
  const activations = arena.allocate(4);
  const weights = arena.allocate(4);
  const out = arena.allocate(4);
  const a = Int8Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? -127 + i : 113 - i));
  const w = Int8Array.from({ length: 16 }, (_, i) => (i * 37) % 128);
  arena.bytes(activations, 16).set(a);
  arena.bytes(weights, 16).set(w);
  kernels.dots(activations, weights, out);
  const right = arena
    .integers(out, 4)
    .every(
      (sum, lane) => sum === [0, 1, 2, 3].reduce((all, i) => all + a[4 * lane + i]! * w[4 * lane + i]!, 0),
    );
  if (right) return;
  throw new Error(
    "Node multiplies 8-bit integers incorrectly as it was started; start it with --no-liftoff, or compute with i16",
  );
}
