/** Tokens that are decoded behind the longest prompt. */
export const DECODED = 32;

/** The same ids for every program, behind BOS. */
export function idsOf(tokens, bos) {
  return Array.from({ length: tokens }, (_, i) => (i === 0 ? bos : 100 + ((i * 7_919) % 20_000)));
}
