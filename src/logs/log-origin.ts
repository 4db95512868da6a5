import { type LogOrigin, ORIGIN_KEYS } from "../domain/records/log-origin.js";
import { readManifest } from "./files/manifest.js";
import type { LabelledFile } from "./files/sources.js";
import type { FileOrigin } from "./records/line-scanner.js";

/**
 * Adds to the rows of one file where they were read from, given the label of their line. What a row has kept of an earlier
 * reading fills what is not known.
 */
export function originOf({
  label,
  path,
}: LabelledFile): <R extends object>(row: R, own: string | null) => R & LogOrigin {
  const server = serverOf(path);
  return (row, own) => {
    const earlier = row as Partial<LogOrigin>;
    return Object.assign(row, {
      own_label: label === null ? (earlier.own_label ?? own) : own,
      log_label: label ?? earlier.log_label ?? null,
      log_path: path,
      log_server: server ?? earlier.log_server ?? null,
      missing_cells: earlier.missing_cells ?? null,
      planned_cells: earlier.planned_cells ?? null,
      source_tool: earlier.source_tool ?? null,
      source_version: earlier.source_version ?? null,
      ttft_definition: earlier.ttft_definition ?? null,
    });
  };
}

/** Where the rows of one file were read from, if they have kept nothing of an earlier reading. */
export function fileOrigin({ label, path }: LabelledFile): FileOrigin {
  return {
    log_label: label,
    log_path: path,
    log_server: serverOf(path),
    missing_cells: null,
    planned_cells: null,
    source_tool: null,
    source_version: null,
    ttft_definition: null,
  };
}

/** The label that a line has itself. */
export const labelOf = (line: unknown): string | null =>
  (line as { readonly label?: string | null } | null)?.label ?? null;

/** The record without where it was read from: two copies of it are one request. */
export function withoutOrigin(row: object): object {
  const record: Record<string, unknown> = { ...row };
  for (const key of ORIGIN_KEYS) delete record[key];
  return record;
}

/** The server that a log's manifest names; a manifest that can't be read names none, and the report mentions it. */
export function serverOf(path: string): string | null {
  try {
    return readManifest(path)?.server ?? null;
  } catch {
    return null;
  }
}
