import { closeSync, createReadStream, createWriteStream, existsSync, readSync, statSync } from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { openFile } from "../disk/open-file.js";
import { makeFolder } from "../disk/written-file.js";
import { ModelError } from "../domain/errors/errors.js";
import { type FetchedFile, factsOf } from "../download/fetched-file.js";
import { onDisk } from "../download/on-disk.js";
import { watchRoom } from "../download/room.js";

/** The files of a Hugging Face folder that the engine reads. */
const WANTED =
  /^(config|tokenizer|tokenizer_config|generation_config)\.json$|^chat_template\.jinja$|\.safetensors(\.index\.json)?$/;

/** Options of a copy. */
interface CopyHow {
  readonly signal: AbortSignal | undefined;
  /** Called before a file is written. */
  readonly onWrite: () => void;
}

/**
 * Copies a Hugging Face folder, following links, because the hub's own cache consists of them. Files left by an earlier copy
 * of another folder are removed, because its weights or chat template would be read.
 */
export async function copyFolder(from: string, to: string, how: CopyHow): Promise<FetchedFile[]> {
  const names = (await readdir(from)).filter((name) => WANTED.test(name));
  for (const needed of ["config.json", "tokenizer.json"]) {
    if (!names.includes(needed)) throw new ModelError(from, `it has no ${needed}`);
  }
  if (!names.some((name) => name.endsWith(".safetensors")))
    throw new ModelError(from, "it has no safetensors");
  const copied: FetchedFile[] = [];
  for (const name of names.sort()) copied.push(await copyFile(join(from, name), join(to, name), how));
  for (const name of await readdir(to)) {
    if (WANTED.test(name) && !names.includes(name)) await rm(join(to, name));
  }
  return copied;
}

/** Copies a GGUF file. */
export async function copyGguf(from: string, folder: string, how: CopyHow): Promise<FetchedFile> {
  return copyFile(from, join(folder, basename(from)), how);
}

/** @throws ModelError if a file is not GGUF; it is called by its `name`. */
export function requireGguf(path: string, name: string): void {
  const file = openFile(path);
  const head = Buffer.alloc(4);
  try {
    readSync(file, head, 0, 4, 0);
  } finally {
    closeSync(file);
  }
  if (head.toString("latin1") !== "GGUF") throw new ModelError(name, "it is no GGUF file");
}

async function copyFile(from: string, to: string, { signal, onWrite }: CopyHow): Promise<FetchedFile> {
  closeSync(openFile(from));
  return onDisk(from, to, async () => {
    const before = existsSync(to) ? await factsOf(to) : null;
    const bytes = statSync(from).size;
    if (before?.bytes === bytes && before.sha256 === (await factsOf(from)).sha256) {
      return { ...before, verified: "digest", how: "already there" };
    }
    onWrite();
    makeFolder(join(to, ".."));
    const part = `${to}.part`;
    const room = watchRoom(part);
    const watched = async function* (source: AsyncIterable<Buffer>) {
      for await (const piece of source) {
        await room(piece.length);
        yield piece;
      }
    };
    try {
      await pipeline(createReadStream(from), watched, createWriteStream(part), { signal });
    } catch (cause) {
      await rm(part, { force: true });
      signal?.throwIfAborted();
      throw cause;
    }
    await rename(part, to);
    return { ...(await factsOf(to)), verified: "length", how: "fetched" };
  });
}
