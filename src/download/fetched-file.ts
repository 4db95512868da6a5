import { stat } from "node:fs/promises";
import { digestOf } from "./digest.js";

/** A file on disk, and how its completeness was checked. */
export interface DownloadedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /**
   * `length`: as many bytes as the server reported. `nothing`: the server did not report it, so a missing end would not show.
   */
  readonly verified: "digest" | "length" | "nothing";
}

/** A file that was fetched now or by an earlier call, or extracted from one. */
export interface FetchedFile extends DownloadedFile {
  readonly how: "fetched" | "already there" | "unpacked";
}

/** Describes a file on this machine. */
export async function factsOf(path: string): Promise<Pick<FetchedFile, "path" | "bytes" | "sha256">> {
  return { path, bytes: (await stat(path)).size, sha256: await digestOf(path, "sha256") };
}
