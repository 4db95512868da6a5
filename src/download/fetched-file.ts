import { stat } from "node:fs/promises";
import { digestOf } from "./digest.js";

/** A file on disk, with what its wholeness was checked by. */
export interface DownloadedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** `length`: as many bytes as the server said. `nothing`: the server did not say, so a cut end would not show. */
  readonly verified: "digest" | "length" | "nothing";
}

/** A file that was fetched now or on an earlier call, or taken out of one. */
export interface FetchedFile extends DownloadedFile {
  readonly how: "fetched" | "already there" | "unpacked";
}

/** What a file on this machine is. */
export async function factsOf(path: string): Promise<Pick<FetchedFile, "path" | "bytes" | "sha256">> {
  return { path, bytes: (await stat(path)).size, sha256: await digestOf(path, "sha256") };
}
