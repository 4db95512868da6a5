import type { LoadRecord } from "../../domain/records/record-kinds.js";

/** Statuses by which a server sheds load: too many requests, and none to serve them. */
const STATUSES: ReadonlySet<number> = new Set([429, 503]);

/** Whether a status says that a server sheds load. */
export const isShedding = (status: number | null): boolean => status !== null && STATUSES.has(status);

/** Whether a server refused a request because there were too many. */
export const isShed = ({ failure, status }: Pick<LoadRecord, "failure" | "status">): boolean =>
  failure === "bad status" && isShedding(status);
