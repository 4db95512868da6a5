/** Where a row was read from: columns that reading adds and no log contains. */
export interface LogOrigin {
  /** The label that the record itself has. */
  readonly own_label: string | null;
  /** The key of its log if logs were read as a map, such as `A40` in `{ A40: "a40.jsonl" }`. */
  readonly log_label: string | null;
  readonly log_path: string;
  /** The server named in the manifest beside the log; the first, if a run has several. */
  readonly log_server: string | null;
  /** Cells of its run's plan that no log holds, where the run was measured in parts; null where the run is whole. */
  readonly missing_cells: number | null;
  /** All cells of that plan; null where the run is whole. */
  readonly planned_cells: number | null;
  /** The tool whose result file it was read from, such as `GuideLLM`; null for records of this package. */
  readonly source_tool: string | null;
  /** That tool's version, or its file format's; null if the file does not say. */
  readonly source_version: string | null;
  /** Up to what that tool measures TTFT; null for records of this package, which measure to the first non-empty content. */
  readonly ttft_definition: string | null;
}

/** What TTFT counts to in records of this package, as in "TTFT counts to …". */
export const OWN_DEFINITION = "the first non-empty content";

/** The keys of {@link LogOrigin} in their order. */
export const ORIGIN_KEYS = [
  "own_label",
  "log_label",
  "log_path",
  "log_server",
  "missing_cells",
  "planned_cells",
  "source_tool",
  "source_version",
  "ttft_definition",
] as const satisfies readonly (keyof LogOrigin)[];
