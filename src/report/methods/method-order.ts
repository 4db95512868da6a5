import type { MethodColumns } from "../../domain/records/record-kinds.js";
import type { MethodName } from "../../domain/records/words.js";

const ORDER: readonly MethodName[] = ["full_prefill", "prefix_cache", "full_kv_reuse", "cacheblend"];

type OrderedMethod = Pick<MethodColumns, "method" | "recompute_ratio"> & { readonly label: string | null };

/** Orders methods as tables print them: from what computes everything to what reuses most, then by recompute ratio, then by label. */
export function byMethod(a: OrderedMethod, b: OrderedMethod): number {
  return (
    ORDER.indexOf(a.method) - ORDER.indexOf(b.method) ||
    (a.recompute_ratio ?? 0) - (b.recompute_ratio ?? 0) ||
    (a.label ?? "").localeCompare(b.label ?? "")
  );
}
