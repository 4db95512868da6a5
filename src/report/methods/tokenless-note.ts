import { group } from "d3-array";
import type { TimedRequest } from "../../domain/records/record-kinds.js";

type Row = Pick<TimedRequest, "outcome" | "ttft_seconds"> & { readonly remark?: string | null };

/** One sentence on the answers that ended well without content, and why each has none; none where all have some. */
export function tokenlessNote(rows: readonly Row[]): string[] {
  const tokenless = rows.filter(({ outcome, ttft_seconds }) => outcome === "ok" && ttft_seconds === null);
  if (tokenless.length === 0) return [];
  const reasons = [...group(tokenless, ({ remark }) => remark ?? "")]
    .filter(([remark]) => remark !== "")
    .map(([remark, { length }]) => (length === tokenless.length ? remark : `${length} × ${remark}`));
  const why = reasons.length === 0 ? "." : `: ${reasons.join(" ")}`;
  return [`${tokenless.length} ended well without a token of content, and are in no TTFT${why}`];
}
