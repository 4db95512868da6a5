import type { Selector } from "../../domain/records/methods.js";
import { random } from "../../stats/random.js";
import type { KvStore } from "../compute/kv-store.js";
import { blocksOf, loadSpans, type Span } from "../compute/prefill.js";
import type { Transformer, Work } from "../compute/transformer.js";

/** The `count` of the current rows among `candidates` to be recomputed, ascending. */
export type Choose = (layer: number, candidates: Int32Array, count: number) => Work<Int32Array>;

/**
 * Chooses among cached positions at a layer that has just been projected: by the deviation of V (as the paper's code) or
 * of K (as LMCache) from the cached one; by that of attention, which the fresh queries read over the cached keys and values
 * (as the paper's text, there of the attention matrix, here of its output); or at random, as a control.
 */
export function choosing(
  transformer: Transformer,
  store: KvStore,
  spans: readonly Span[],
  { selector, seed }: { readonly selector: Selector; readonly seed: number },
): Choose {
  let order: readonly number[] | null = null;
  return function* (layer, candidates, count) {
    switch (selector) {
      case "random":
        // One order for all layers, so that a later layer's tokens are among an earlier layer's.
        order ??= random(seed).shuffle([...candidates]);
        return Int32Array.from(order.slice(0, count)).sort();
      case "attention":
        return highest(
          candidates,
          yield* attentionDeviations(transformer, store, spans, layer, candidates),
          count,
        );
      default:
        return highest(candidates, deviations(transformer, store, spans, layer, selector), count);
    }
  };
}

/** By position, how far the keys or values just computed are from the cached ones. */
function deviations(
  transformer: Transformer,
  store: KvStore,
  spans: readonly Span[],
  layer: number,
  of: "k" | "v",
): ReadonlyMap<number, number> {
  const all = new Map<number, number>();
  for (const span of spans) {
    for (const { rows, start, count } of blocksOf(store, layer, span)) {
      for (const [i, value] of transformer.deviation(layer, of, rows, start, count).entries()) {
        all.set(start + i, value);
      }
    }
  }
  return all;
}

/** By position, the squared L2 distance of what a row reads over the context as it is from what it reads over the cached one. */
function* attentionDeviations(
  transformer: Transformer,
  store: KvStore,
  spans: readonly Span[],
  layer: number,
  candidates: Int32Array,
): Work<ReadonlyMap<number, number>> {
  const fresh = yield* transformer.attended(layer);
  loadSpans(transformer, store, layer, spans, () => {});
  const cached = yield* transformer.attended(layer);
  for (const position of candidates) {
    transformer.load(layer, transformer.computed(layer, position), position, 1);
  }
  const width = fresh.length / transformer.rows.length;
  const all = new Map<number, number>();
  for (const [row, position] of transformer.rows.entries()) {
    let sum = 0;
    for (let i = row * width; i < (row + 1) * width; i++) sum += (fresh[i]! - cached[i]!) ** 2;
    all.set(position, sum);
  }
  return all;
}

/** The `count` of the positions with the highest values, ascending; the earlier of equals. */
function highest(positions: Int32Array, values: ReadonlyMap<number, number>, count: number): Int32Array {
  const ranked = [...positions].sort((a, b) => values.get(b)! - values.get(a)! || a - b);
  return Int32Array.from(ranked.slice(0, count)).sort();
}
