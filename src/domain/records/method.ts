import type { RowOf } from "./column.js";
import type { METHOD_COLUMNS } from "./columns.js";

export type { MethodName } from "./method-name.js";

/** The columns every record of a method comparison has. */
export type MethodColumns = Pick<
  RowOf<typeof METHOD_COLUMNS>,
  "method" | "recompute_ratio" | "collect_seconds" | "load_seconds" | "recomputed_tokens"
>;
