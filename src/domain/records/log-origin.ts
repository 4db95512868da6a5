/** Where a row was read from: columns that reading adds, and no log holds. */
export interface LogOrigin {
  /** The label that the record itself has. */
  readonly own_label: string | null;
  /** The key of its log where logs were read as a map, such as `A40` of `{ A40: "a40.jsonl" }`. */
  readonly log_label: string | null;
  readonly log_path: string;
  /** The server that the manifest beside the log names; of a run with several, the first. */
  readonly log_server: string | null;
  /** The tool whose result file it was read from, such as `GuideLLM`; null for records of this package. */
  readonly source_tool: string | null;
  /** That tool's version, or its file format's; null where the file does not say. */
  readonly source_version: string | null;
  /** What that tool counts TTFT to; null for records of this package: to the first non-empty content. */
  readonly ttft_definition: string | null;
}

/** The keys of {@link LogOrigin} in their order. */
export const ORIGIN_KEYS = [
  "own_label",
  "log_label",
  "log_path",
  "log_server",
  "source_tool",
  "source_version",
  "ttft_definition",
] as const satisfies readonly (keyof LogOrigin)[];
