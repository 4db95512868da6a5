import { random } from "../../stats/random.js";
import type { KvStore } from "../compute/kv-store.js";
import { blocksOf, coverage, loadSpans, positionsWhere, prefill, type Span } from "../compute/prefill.js";
import type { Transformer, Work } from "../compute/transformer.js";

/** How CacheBlend chooses what it recomputes. */
export interface BlendOptions {
  /** Share of the cached tokens that are recomputed, rounded down; where that is none, it is full KV reuse. */
  readonly recomputeRatio: number;
  /** The layer at which fresh and cached are compared; those before it are computed for all tokens. */
  readonly checkLayer: number;
  /** By the deviation of V (as the paper's code) or K (as LMCache), or at random, as a control. */
  readonly selector: "v" | "k" | "random";
  /** Seeds the random choice. */
  readonly seed: number;
}

/**
 * CacheBlend (Yao et al., EuroSys 2025): layers before the check layer are computed for all tokens; at the check layer
 * the cached tokens whose fresh keys or values deviate most from the cached ones are chosen; from then on only those
 * and the tokens that are not cached are computed, each over the blended context up to its own position. Returns the
 * positions chosen, ascending.
 *
 * At the check layer all tokens keep their fresh keys and values, as in the paper's code. Unlike there, *every* token
 * that is not cached is computed (there only the last one), and no row sees a later position.
 */
export function* blend(
  transformer: Transformer,
  store: KvStore,
  tokens: Int32Array,
  spans: readonly Span[],
  { recomputeRatio, checkLayer, selector, seed }: BlendOptions,
  onLoad: (milliseconds: number) => void = () => {},
): Work<Int32Array> {
  const covered = coverage(tokens.length, spans);
  const cached = positionsWhere(covered, 1);
  const count = Math.floor(cached.length * recomputeRatio);
  if (count === 0) {
    yield* prefill(transformer, store, tokens, spans, onLoad);
    return new Int32Array();
  }
  transformer.begin(tokens, Int32Array.from(tokens.keys()));
  for (let layer = 0; layer < checkLayer; layer++) {
    yield* transformer.project(layer);
    yield* transformer.attend(layer);
  }
  yield* transformer.project(checkLayer);
  const chosen =
    selector === "random"
      ? Int32Array.from(
          random(seed)
            .shuffle([...cached])
            .slice(0, count),
        ).sort()
      : highest(cached, deviations(transformer, store, tokens.length, spans, checkLayer, selector), count);
  for (const position of chosen) covered[position] = 0;
  transformer.keep(positionsWhere(covered, 0));
  yield* transformer.attend(checkLayer);
  for (let layer = checkLayer + 1; layer < transformer.shape.layers; layer++) {
    loadSpans(transformer, store, layer, spans, onLoad);
    yield* transformer.project(layer);
    yield* transformer.attend(layer);
  }
  return chosen;
}

/** By position, how far the keys or values just computed are from the cached ones; 0 where nothing is cached. */
function deviations(
  transformer: Transformer,
  store: KvStore,
  positions: number,
  spans: readonly Span[],
  layer: number,
  of: "k" | "v",
): Float32Array {
  const all = new Float32Array(positions);
  for (const span of spans) {
    for (const { rows, start, count } of blocksOf(store, layer, span)) {
      all.set(transformer.deviation(layer, of, rows, start, count), start);
    }
  }
  return all;
}

/** The `count` of the positions with the highest values, ascending; the earlier of equals. */
function highest(positions: Int32Array, values: Float32Array, count: number): Int32Array {
  const ranked = [...positions].sort((a, b) => values[b]! - values[a]! || a - b);
  return Int32Array.from(ranked.slice(0, count)).sort();
}
