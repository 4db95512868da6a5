import { existsSync, readFileSync } from "node:fs";
import { type FileHandle, open, rename, rm, writeFile } from "node:fs/promises";
import { isPipe } from "../disk/written-file.js";

/** A file that is being downloaded: `<file>.part`, and beside it what is needed to continue later. */
export interface PartFile {
  readonly path: string;
  /** Bytes received so far. */
  readonly bytes: number;
  /** The server's strong ETag or date for the version of these bytes; null if it can't be continued. */
  readonly validator: string | null;
  append(bytes: Uint8Array): Promise<void>;
  /** Drops what exists and begins with a version with this validator. */
  begin(validator: string | null): Promise<void>;
  /** Gives the complete file its name. */
  finish(): Promise<void>;
  /** Deletes it. */
  discard(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the part of an earlier, unfinished download of the same address, or a new one. */
export async function openPart(file: string, url: string): Promise<PartFile> {
  const path = `${file}.part`;
  const statePath = `${path}.json`;
  let validator = earlierValidator(path, statePath, url);
  if (isPipe(path)) throw new Error("it is a pipe, not a file");
  const handle: FileHandle = await open(path, "a");
  let bytes = (await handle.stat()).size;
  const empty = async (): Promise<void> => {
    if (bytes > 0) await handle.truncate(0);
    bytes = 0;
  };
  if (validator === null) await empty();

  return {
    path,
    get bytes() {
      return bytes;
    },
    get validator() {
      return validator;
    },
    append: async (more) => {
      await handle.appendFile(more);
      bytes += more.length;
    },
    begin: async (next) => {
      await empty();
      validator = next;
      await writeFile(statePath, JSON.stringify({ url, validator }));
    },
    finish: async () => {
      await handle.close();
      await rename(path, file);
      await rm(statePath, { force: true });
    },
    discard: async () => {
      await handle.close();
      await rm(path, { force: true });
      await rm(statePath, { force: true });
    },
    close: () => handle.close(),
  };
}

function earlierValidator(path: string, statePath: string, url: string): string | null {
  if (!existsSync(path)) return null;
  try {
    const state = JSON.parse(readFileSync(statePath, "utf8")) as Record<string, unknown>;
    return state.url === url && typeof state.validator === "string" ? state.validator : null;
  } catch {
    return null;
  }
}
