import type { RowOf } from "./column.js";
import type { PROXY_COLUMNS } from "./columns.js";
import type { Ending } from "./outcome.js";

export type { AnswerMode, ProxyTarget } from "./proxy-target.js";

/**
 * One line of a proxy log: one request.
 *
 * A direct and a proxied request with the same `repeat`, `mode`, `concurrency`, `rate_per_second`, `block` and
 * `run_index` are a pair: the same place in two loads that followed each other.
 */
export type ProxyRecord = Omit<RowOf<typeof PROXY_COLUMNS>, keyof Ending> & Ending;
