import type { RowOf } from "./column.js";
import type { QUALITY_COLUMNS } from "./columns.js";
import type { Ending } from "./outcome.js";

/** One line of a quality log: one example answered by one method, and its score. */
export type QualityRecord = Omit<RowOf<typeof QUALITY_COLUMNS>, keyof Ending> & Ending;
