import type { RowOf } from "./column.js";
import type { TTFT_COLUMNS } from "./columns.js";
import type { Ending } from "./outcome.js";

export type { CacheControl, CacheState, Evidence } from "./cache-state.js";

/** One line of a TTFT log: one request. The first three keys are the original's and come first. */
export type TtftRecord = Omit<RowOf<typeof TTFT_COLUMNS>, keyof Ending> & Ending;

/** A record with the label it is compared under. */
export type Labelled<L extends string, R> = R & { readonly label: L };
