import type { Unit } from "./column.js";

/** One number that a tool computed itself of many requests: never a row. */
export interface Total {
  /** Which of its file's runs, from 1. */
  readonly run: number;
  /** What part of that run, where it has several, such as `proxy_non_streaming`. */
  readonly part: string | null;
  readonly model: string | null;
  /** What was measured, in the words of the records, such as `ttft_seconds`. */
  readonly measure: string;
  /** How requests were put together: `mean`, `median`, `sd`, `min`, `max`, `p95`, `total`. */
  readonly statistic: string;
  readonly value: number;
  readonly unit: Unit;
}

/** A number that another tool computed itself of many requests, and where it was read: an aggregate, never a request. */
export interface TotalRow<L extends string = string> extends Total {
  readonly label: L;
  readonly source_tool: string;
  readonly source_version: string | null;
  readonly ttft_definition: string;
  readonly log_path: string;
}
