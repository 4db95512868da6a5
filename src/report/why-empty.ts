import type { Outcome } from "../domain/records/words.js";
import { formatCount } from "../tables/format.js";

/**
 * Why a chart of these rows has no point.
 *
 * @example whyEmpty([{ outcome: "timeout" }]) // "the only request failed"
 */
export function whyEmpty(rows: readonly { readonly outcome: Outcome }[]): string {
  if (rows.length === 0) return "no requests";
  const failed = rows.filter(({ outcome }) => outcome !== "ok").length;
  if (failed < rows.length) return `none of ${formatCount(rows.length)} requests counts; the table says why`;
  return rows.length === 1 ? "the only request failed" : `all ${formatCount(rows.length)} requests failed`;
}
