import type { KvStore } from "../compute/kv-store.js";
import { coverage, positionsWhere, prefillRows, type Span } from "../compute/prefill.js";
import type { Transformer, Work } from "../compute/transformer.js";
import type { Recomputed } from "./recomputed.js";

/**
 * EPIC's LegoLink (Hu et al., ICML 2025): the first `tokensPerChunk` tokens of every chunk are recomputed in all layers,
 * since a chunk computed alone has put the attention of a prompt's beginning there; the rest is reused. Which tokens that
 * are is known without computing anything, so there is no check layer.
 *
 * Chunks that `isInPlace` names are left as they are, as the paper leaves the first: they were computed where they stand.
 */
export function* epic(
  transformer: Transformer,
  store: KvStore,
  tokens: Int32Array,
  spans: readonly Span[],
  {
    tokensPerChunk,
    isInPlace,
  }: { readonly tokensPerChunk: number; readonly isInPlace: (span: Span) => boolean },
  onLoad: (milliseconds: number) => void = () => {},
): Work<Recomputed> {
  const covered = coverage(tokens.length, spans);
  const cached = positionsWhere(covered, 1).length;
  const leading = new Uint8Array(tokens.length);
  for (const span of spans) {
    if (isInPlace(span)) continue;
    leading.fill(1, span.start, span.start + Math.min(tokensPerChunk, span.stored.tokens));
  }
  const rows = positionsWhere(
    covered.map((flag, position) => (flag === 1 && leading[position] === 0 ? 1 : 0)),
    0,
  );
  yield* prefillRows(transformer, store, tokens, rows, spans, onLoad);
  const positions = positionsWhere(leading, 1);
  return { positions, tokens: positions.length, ratio: cached === 0 ? 0 : positions.length / cached };
}
