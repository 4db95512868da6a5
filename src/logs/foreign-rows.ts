import { FirstTokenError, LogError } from "../domain/errors/errors.js";
import type { LogOrigin } from "../domain/records/log-origin.js";
import type { ReadOptions } from "./files/jsonl.js";
import type { LabelledFile } from "./files/sources.js";
import type { ForeignLine, ForeignResult } from "./foreign/foreign-result.js";
import { linesOf, problemsOf } from "./foreign/read-foreign.js";
import { labelOf, originOf } from "./log-origin.js";
import type { RecordKind } from "./record-kind.js";

/**
 * The rows of another tool's result file, checked as lines of a log are. The key of a map is the label of what was
 * measured there, not that of a log: what stands in two files is compared all the same.
 *
 * @throws LogError for a request that breaks the rules of its kind (unless skipped), or a file of another kind.
 */
export function foreignRows<R extends { readonly label: string | null }>(
  file: LabelledFile,
  result: ForeignResult,
  kind: RecordKind,
  parse: (value: unknown) => R,
  options: ReadOptions,
): (R & LogOrigin)[] {
  const { path } = file;
  if (result.lines.length === 0 && result.totals.length > 0 && file.label !== null) {
    const why = problemsOf(path, result)[0]?.message ?? `${path} holds totals alone.`;
    throw new LogError(
      `There is no request to compare under "${file.label}": ${why} load.totals reads its totals.`,
      { path },
    );
  }
  const withOrigin = originOf(file);
  return linesOf(path, result, kind, options).flatMap(({ where, line }) => {
    try {
      requireOrder(line);
      const row = withOrigin(parse(line), labelOf(line));
      return [Object.assign(row, { log_label: null })];
    } catch (cause) {
      const message = `${path}, ${where}: ${(cause as Error).message.replace(/\.$/, "")}.`;
      if (options.onBadLine !== "skip") throw new LogError(message, { path, cause });
      options.onProblem?.({ path, line: null, kind: "bad line", message });
      return [];
    }
  });
}

/** Rounding, and two clocks. */
const SLACK = 1.01;
const SLACK_SECONDS = 0.001;

/** Refuses a first token that came after the end: one of the two times is in another unit, or is another time. */
function requireOrder({ ttft_seconds, e2e_seconds }: ForeignLine["line"]): void {
  if (typeof ttft_seconds !== "number" || typeof e2e_seconds !== "number") return;
  if (ttft_seconds <= SLACK * e2e_seconds + SLACK_SECONDS) return;
  throw new FirstTokenError(
    `its TTFT, ${ttft_seconds} s, is longer than the whole request, ${e2e_seconds} s: is one in another unit?`,
  );
}
