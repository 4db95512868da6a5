import { readdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { makeFolder, whyNotWritten } from "../../disk/written-file.js";
import { LogError, textOf } from "../../domain/errors/errors.js";
import { listObjects, storeObject } from "./s3-objects.js";
import { madePath } from "./written-copy.js";

/** What was made: the files, as their paths on this machine. */
interface Made {
  readonly files: readonly string[];
}

/**
 * Makes a file, a folder of files or several files of one name, and stores them on S3. They are made on this machine, and removed when
 * they are stored; where they could not be, they stay.
 *
 * @param address of the file or folder.
 * @param make gets the path to write to.
 * @returns what was made, its files by their addresses.
 * @throws what `make` throws; LogError where something is there already (unless all of it is overwritten) or can't be stored.
 */
export async function storedFiles<R extends Made>(
  address: string,
  overwrite: boolean,
  make: (path: string) => Promise<R>,
): Promise<R> {
  const path = madePath(address);
  const folder = address.replace(/\/+$/, "");
  // An address without a pattern would have to be there.
  const beside = (await listObjects(`${folder}*`)).filter(({ url }) => url === folder);
  const there = [...beside, ...(await listObjects(`${folder}/**`))];
  const [first] = there;
  if (first !== undefined && !overwrite) {
    const message = `${first.url} exists already: replace it with --overwrite (overwrite: true), or choose another name.`;
    throw new LogError(message, { path: address });
  }
  try {
    rmSync(path, { recursive: true, force: true });
    makeFolder(dirname(path));
  } catch (cause) {
    const message = `Can't write ${path}, from where ${address} is stored: ${whyNotWritten(cause)}. FIRSTTOKEN_S3_COPIES names another folder.`;
    throw new LogError(message, { path: address, cause });
  }
  const made = await make(path);
  const addressOf = (file: string) =>
    join(dirname(folder.slice(SCHEME.length)), relative(dirname(path), file));
  const objects = made.files.map((file) => ({ url: `${SCHEME}${addressOf(file)}`, file }));
  const kept = there.find(({ url }) => !objects.some((object) => object.url === url));
  try {
    if (kept !== undefined)
      throw new LogError(`${kept.url} is there and would not be replaced: delete it first.`, {
        path: address,
      });
    for (const object of objects) await storeObject(object);
  } catch (cause) {
    const why = textOf(cause);
    const message = `${address} was not stored: ${why} Everything is kept in ${path}: copy it, or run the same command again.`;
    throw new LogError(message, { path: address, cause });
  }
  rmSync(path, { recursive: true, force: true });
  for (const { file } of objects) rmSync(file, { force: true });
  removeEmpty(dirname(path), folder.split("/").length - "s3://bucket".split("/").length);
  return { ...made, files: objects.map(({ url }) => url) };
}

/** Removes folders that were made for the files and are empty, from the innermost on. */
function removeEmpty(folder: string, levels: number): void {
  if (levels < 0 || readdirSync(folder).length > 0) return;
  rmdirSync(folder);
  removeEmpty(dirname(folder), levels - 1);
}

const SCHEME = "s3://";
