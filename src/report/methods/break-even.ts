import { median } from "../../stats/quantile.js";
import type { MethodCell } from "./method-cell.js";

/** After how many uses collecting has paid, or why that can't be said. */
export type BreakEven = { readonly uses: number } | { readonly reason: string };

/**
 * Break-even N = T_collect / (TTFT_full − TTFT_method), in medians.
 *
 * @example breakEven({ seconds: [0.1], collectSeconds: [1.8], … }, [1]) // { uses: 2 }
 */
export function breakEven(
  { seconds, collectSeconds }: Pick<MethodCell, "seconds" | "collectSeconds">,
  prefillSeconds: readonly number[],
): BreakEven {
  if (collectSeconds.length === 0) return { reason: "nothing was collected" };
  if (seconds.length === 0 || prefillSeconds.length === 0) return { reason: "no request counted" };
  const saved = median(prefillSeconds) - median(seconds);
  if (saved <= 0) return { reason: "it saves no time, so collecting never pays" };
  return { uses: median(collectSeconds) / saved };
}
