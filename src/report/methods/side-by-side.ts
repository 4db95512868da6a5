import { OptionError } from "../../domain/errors/errors.js";

/** How many examples ran at the same time as a record's. */
interface Concurrent {
  readonly concurrency?: number | null;
}

/** The rows whose times may be shown, or why there are none; `note` marks times that include waiting for other requests. */
export interface TimedRows<R> {
  readonly rows: readonly R[];
  readonly reason: string | null;
  readonly note: string | null;
}

/** Whether a request ran at the same time as those of other examples. For old logs, which do not say, it did not. */
export const ranSideBySide = ({ concurrency }: Concurrent): boolean => (concurrency ?? 1) > 1;

/**
 * The rows of one method whose TTFT is that of a request alone. If examples run at the same time, a request waits for the
 * others, and its TTFT is not that of its method: such rows are shown only on request, marked, and never together with
 * others.
 */
export function timedRows<R extends Concurrent>(rows: readonly R[], showTtft: boolean): TimedRows<R> {
  const alone = rows.filter((row) => !ranSideBySide(row));
  if (alone.length === rows.length) return { rows, reason: null, note: null };
  const counts = [...new Set(rows.map(({ concurrency }) => concurrency ?? 1))].sort((a, b) => a - b);
  const together = `${counts.filter((count) => count > 1).join(" or ")} examples ran concurrently`;
  if (!showTtft) {
    if (alone.length > 0) return { rows: alone, reason: null, note: null };
    return {
      rows: [],
      reason: `${together}: a request's TTFT includes waiting for the others`,
      note: null,
    };
  }
  if (counts.length > 1)
    return {
      rows: [],
      reason: `runs with ${counts.join(" and ")} concurrent examples are mixed`,
      note: null,
    };
  return { rows, reason: null, note: `${together}: waiting for the others is included` };
}

/** Says why a table has no TTFT, and how to show it anyway. */
export function sideBySideNote(rows: readonly Concurrent[], showTtft: boolean): string[] {
  const together = rows.filter(ranSideBySide).length;
  if (together === 0 || showTtft) return [];
  const which = together === rows.length ? "" : ` of ${together.toLocaleString("en-US")} requests`;
  return [
    `No TTFT${which}: examples ran concurrently and waited for each other. ` +
      "To show it anyway, marked: --show_ttft (showTtft: true).",
  ];
}

/** @throws OptionError for anything but true and false. */
export function requireShowTtft(value: boolean): boolean {
  if (typeof value === "boolean") return value;
  throw new OptionError("showTtft", "must be true or false", value);
}
