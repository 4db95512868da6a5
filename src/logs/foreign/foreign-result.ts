import type { Total } from "../../domain/records/total.js";

export type { Total };

/** The kinds of record that other tools' requests are told as; `ttft` rows are made of a load's. */
export type ForeignKind = "load" | "quality" | "proxy";

/** One request as a line of its kind, before it is checked, and where in the file it stands. */
export interface ForeignLine {
  readonly where: string;
  readonly line: Readonly<Record<string, unknown>>;
}

/** What a result file of another tool holds. */
export interface ForeignResult {
  readonly tool: string;
  readonly version: string | null;
  /** What it counts TTFT to, as in "TTFT counts to …". */
  readonly definition: string;
  readonly kind: ForeignKind;
  readonly lines: readonly ForeignLine[];
  /** Of the runs that hold no requests. */
  readonly totals: readonly Total[];
  /** What is not among the lines, and why: one sentence each, without the path. */
  readonly leftOut: readonly string[];
}

/** One JSON value of a file, or one record of its table, with the line it begins on; 0 of a file that is one value. */
export interface Located {
  readonly value: unknown;
  readonly line: number;
}

/** A tool whose result files are read. */
export interface ForeignTool {
  readonly name: string;
  /** What its files are: JSON in one value or one on each line, CSV, or an SQLite database. */
  readonly form: "json" | "csv" | "sqlite";
  /** Keys that the beginning of each of its files has, by which one that can't be read whole is still named. */
  readonly marks: readonly string[];
  /** Whether a file's first value is one of its own; of CSV and SQLite, a record with the names of its columns. */
  readonly isOwn: (value: unknown) => boolean;
  /** @throws FirstTokenError for what is not as that tool writes it. */
  readonly read: (values: readonly Located[]) => Omit<ForeignResult, "tool">;
}
