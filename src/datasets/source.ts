import type { Digest } from "../download/digest.js";

/** A published file. */
export interface SourceFile {
  /** Path below the source's base address. */
  readonly urlPath: string;
  readonly saveAs: string;
  readonly digest?: Digest;
  /** Files to extract from a zip archive, and their new names. */
  readonly unpack?: Readonly<Record<string, string>>;
}

/** Where a dataset is published, and under which terms. */
export interface Source {
  readonly baseUrl: string;
  readonly files: readonly SourceFile[];
  readonly licence: string;
}

/** LongBench's one file. */
export const LONGBENCH_ARCHIVE = {
  urlPath: "/datasets/THUDM/LongBench/resolve/main/data.zip",
  saveAs: "longbench-data.zip",
} as const;

/** Where most datasets are published. */
export const HUB = "https://huggingface.co";
