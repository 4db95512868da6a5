import { z } from "zod";

const scaling = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: z.number().positive().optional(),
});

/**
 * What each pair of dimensions' rotary frequency is divided by, for longer contexts than a model was trained on; null
 * where nothing is. `linear` divides all alike; `llama3` leaves the high frequencies, and those between partly.
 *
 * Source: transformers 5, `modeling_rope_utils.py`.
 * @param settings `rope_scaling` or `rope_parameters` of a config.json
 * @throws a plain Error for a kind that is not supported, such as yarn.
 */
export function ropeDivisors(settings: unknown, base: number, headWidth: number): readonly number[] | null {
  if (settings === null || settings === undefined) return null;
  const parsed = scaling.safeParse(settings);
  if (!parsed.success) throw new Error(`its rope_scaling can't be read: ${z.prettifyError(parsed.error)}`);
  const { rope_type, type, factor, low_freq_factor: low, high_freq_factor: high } = parsed.data;
  const original = parsed.data.original_max_position_embeddings;
  const kind = rope_type ?? type ?? "default";
  if (kind === "default") return null;
  if (kind !== "linear" && kind !== "llama3") {
    throw new Error(`its rope_scaling is ${kind}, which is not supported; linear and llama3 are`);
  }
  if (factor === undefined) throw new Error("its rope_scaling has no factor");
  const half = headWidth / 2;
  if (kind === "linear") return Array.from({ length: half }, () => factor);
  if (low === undefined || high === undefined || original === undefined) {
    throw new Error(
      "its rope_scaling lacks low_freq_factor, high_freq_factor or original_max_position_embeddings",
    );
  }
  return Array.from({ length: half }, (_, i) => {
    const turns = (original * base ** (-i / half)) / (2 * Math.PI);
    if (turns < low) return factor;
    if (turns > high) return 1;
    const kept = (turns - low) / (high - low);
    return 1 / ((1 - kept) / factor + kept);
  });
}
