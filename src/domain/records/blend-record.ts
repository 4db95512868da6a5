import type { RowOf } from "./column.js";
import type { BLEND_COLUMNS } from "./columns.js";
import type { Ending } from "./outcome.js";

/** One line of a blend log: one measured request of one method. The first three keys are the original's. */
export type BlendRecord = Omit<RowOf<typeof BLEND_COLUMNS>, keyof Ending> & Ending;
