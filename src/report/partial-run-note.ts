import type { LogOrigin } from "../domain/records/log-origin.js";
import { formatCount } from "../tables/format.js";

type Placed = Partial<Pick<LogOrigin, "missing_cells" | "planned_cells">> & { readonly label: string | null };

/**
 * The first note of a table with rows of a run that was measured in parts and is not whole; nothing where all runs are.
 *
 * @example partialRunNote(rows) // ["This run is not whole: 12 of its 400 cells are missing."]
 */
export function partialRunNote(rows: readonly Placed[], language: "en" | "zh" = "en"): string[] {
  const runs = new Map<string, string>();
  for (const { missing_cells, planned_cells } of rows) {
    if ((missing_cells ?? null) === null || (planned_cells ?? null) === null) continue;
    const [missing, planned] = [formatCount(missing_cells!), formatCount(planned_cells!)];
    runs.set(
      `${missing} ${planned}`,
      language === "zh"
        ? `此运行不完整：计划的 ${planned} 个单元缺少 ${missing} 个。`
        : `This run is not whole: ${missing} of its ${planned} cells are missing.`,
    );
  }
  return [...runs.values()];
}
