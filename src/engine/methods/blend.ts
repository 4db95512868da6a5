import type { Filtering, Selector } from "../../domain/records/methods.js";
import type { KvStore } from "../compute/kv-store.js";
import { coverage, loadSpans, positionsWhere, prefill, type Span } from "../compute/prefill.js";
import type { Transformer, Work } from "../compute/transformer.js";
import { NOTHING_RECOMPUTED, type Recomputed } from "./recomputed.js";
import { choosing } from "./selection.js";

/** How CacheBlend chooses what it recomputes. */
export interface BlendOptions {
  /** Share of the cached tokens that are recomputed, rounded down; where that is none, it is full KV reuse. */
  readonly recomputeRatio: number;
  /** The layer at which fresh and cached are compared; those before it are computed for all tokens. */
  readonly checkLayer: number;
  readonly selector: Selector;
  /** `once`: at the check layer. `gradual`: again at every later layer, fewer of those that are left. */
  readonly filtering: Filtering;
  /** Seeds the random choice. */
  readonly seed: number;
}

/**
 * CacheBlend (Yao et al., EuroSys 2025): layers before the check layer are computed for all tokens; at the check layer
 * the cached tokens whose fresh keys or values deviate most from the cached ones are chosen; from then on only those
 * and the tokens that are not cached are computed, each over the blended context up to its own position.
 *
 * At the check layer all tokens keep their fresh keys and values, as in the paper's code. Unlike there, *every* token
 * that is not cached is computed (there only the last one), and no row sees a later position. Its code chooses once; its
 * text (section 4.3) filters gradually, see `shareAt`.
 */
export function* blend(
  transformer: Transformer,
  store: KvStore,
  tokens: Int32Array,
  spans: readonly Span[],
  options: BlendOptions,
  onLoad: (milliseconds: number) => void = () => {},
): Work<Recomputed> {
  const { checkLayer, recomputeRatio } = options;
  const { layers } = transformer.shape;
  const covered = coverage(tokens.length, spans);
  const cached = positionsWhere(covered, 1);
  if (Math.floor(cached.length * recomputeRatio) === 0) {
    yield* prefill(transformer, store, tokens, spans, onLoad);
    return NOTHING_RECOMPUTED;
  }
  transformer.begin(tokens, Int32Array.from(tokens.keys()));
  for (let layer = 0; layer < checkLayer; layer++) {
    yield* transformer.project(layer);
    yield* transformer.attend(layer);
  }
  const choose = choosing(transformer, store, spans, options);
  const chosenAt: Int32Array[] = [];
  let chosen = cached;
  for (let layer = checkLayer; layer < layers; layer++) {
    if (layer > checkLayer) loadSpans(transformer, store, layer, spans, onLoad);
    yield* transformer.project(layer);
    const count = Math.floor(cached.length * shareAt(layer, options, layers));
    if (count < chosen.length) {
      chosen = yield* choose(layer, chosen, count);
      const kept = covered.map((flag) => 1 - flag);
      for (const position of chosen) kept[position] = 1;
      transformer.keep(rowsOf(transformer.rows, kept));
    }
    chosenAt.push(chosen);
    yield* transformer.attend(layer);
  }
  const inLayers = chosenAt.reduce((sum, { length }) => sum + length, 0);
  return {
    positions: chosenAt[0]!,
    tokens: Math.round(inLayers / chosenAt.length),
    ratio: (checkLayer * cached.length + inLayers) / (layers * cached.length),
  };
}

/**
 * The share of the cached tokens that a layer recomputes, from the check layer on. Filtered gradually, it falls from the
 * check layer to the last along a line, and its mean is the ratio asked for: from 1.5 r to 0.5 r, or less steeply where
 * the first share would be more than all. The paper says no more than r₁ > r₂ > … with r as their mean, so the line and
 * its slope are this engine's.
 *
 * @example shareAt(1, { recomputeRatio: 0.2, checkLayer: 1, filtering: "gradual" }, 4) // 0.3, then 0.2 and 0.1
 */
export function shareAt(
  layer: number,
  {
    recomputeRatio,
    checkLayer,
    filtering,
  }: Pick<BlendOptions, "recomputeRatio" | "checkLayer" | "filtering">,
  layers: number,
): number {
  const last = layers - 1 - checkLayer;
  if (filtering === "once" || last === 0) return recomputeRatio;
  const slope = Math.min(STEEPEST * recomputeRatio, 1 - recomputeRatio);
  return recomputeRatio + slope * (1 - (2 * (layer - checkLayer)) / last);
}

/** Of the ratio, how far the first and the last layer are from it. */
const STEEPEST = 0.5;

/** The rows, by their index, whose positions are flagged. */
const rowsOf = (rows: Int32Array, flags: Uint8Array): Int32Array =>
  Int32Array.from(rows.keys()).filter((row) => flags[rows[row]!] === 1);
