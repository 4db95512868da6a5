import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  createReadStream,
  existsSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { FileHeld, openLocked, readWhole } from "../../disk/open-file.js";
import { makeFolder, whyNotWritten, writeWhole } from "../../disk/written-file.js";
import { FirstTokenError, LogError, reword, textOf } from "../../domain/errors/errors.js";
import { isRemote } from "./copies.js";
import { fetchObjects, listObjects, type S3Object, storeObject } from "./s3-objects.js";

/** A file as it may be found on S3: by its time there, or by what was to be written where S3 has not told whether it was. */
type Seen =
  | { readonly bytes: number; readonly modified: string }
  | { readonly bytes: number; readonly sha256: string };

/**
 * Where the copy of a log on S3 is while a run writes it: in `FIRSTTOKEN_S3_COPIES`, by default `firsttoken/s3` in the user's
 * state folder (`XDG_STATE_HOME`, by default `~/.local/state`). Any other path is itself.
 *
 * @throws LogError for an address of no object.
 */
export function writtenPath(log: string, environment: NodeJS.ProcessEnv = process.env): string {
  return isRemote(log) ? join(copiesFolder(environment), ...partsOf(log)) : log;
}

/** Where other files are made that are stored on S3: no bucket's name begins with a dot. */
export const madePath = (address: string, environment: NodeJS.ProcessEnv = process.env): string =>
  join(copiesFolder(environment), ".made", ...partsOf(address));

function partsOf(address: string): readonly string[] {
  const parts = address.slice("s3://".length).replace(/\/+$/, "").split("/");
  if (parts.length > 1 && !parts.some((part) => /^\.{0,2}$|[*?[\]\\\0]/.test(part))) return parts;
  const message = `${address} can't be written: it must be an address such as s3://bucket/run/load.jsonl.`;
  throw new LogError(message, { path: address });
}

function copiesFolder({ FIRSTTOKEN_S3_COPIES: own, XDG_STATE_HOME: state }: NodeJS.ProcessEnv): string {
  if (own) return resolve(own);
  const home = state && isAbsolute(state) ? state : join(homedir(), ".local", "state");
  return join(home, "firsttoken", "s3");
}

/**
 * Runs what writes a log on S3, and files beside it whose names begin as the log's. They are written to copies on this machine, which
 * begin as what is on S3, and are stored there when the work has ended, however it has. Then they are removed; copies that
 * could not be stored stay, and the next run of the log goes on with them.
 *
 * @param log the address; its copy is at {@link writtenPath}.
 * @throws what the work throws; LogError where the log can't be read or stored, is being written by another run, or was
 * changed by another.
 */
export async function writtenToS3<R>(log: string, work: () => Promise<R>): Promise<R> {
  const copy = new WrittenCopy(log);
  const unlock = copy.lock();
  try {
    await copy.open();
    let result: R;
    try {
      result = await work();
    } catch (error) {
      await copy.store().catch((second: unknown) => {
        const message = `${textOf(error)} ${textOf(second)}`;
        throw new LogError(message, { path: log, cause: error });
      });
      throw copy.withAddress(error);
    }
    await copy.store();
    return result;
  } finally {
    unlock();
  }
}

class WrittenCopy {
  readonly #log: string;
  readonly #path: string;
  /** What is known to be on S3, by the files' names. */
  #seen: Record<string, readonly Seen[]> = {};
  /** The files as they were before the work, which need not be stored. */
  #before: ReadonlyMap<string, string> = new Map();

  constructor(log: string) {
    this.#path = writtenPath(log);
    this.#log = log;
    if (log.endsWith(".jsonl")) return;
    throw new LogError(`${log} can't be a log: the address must end in .jsonl.`, { path: log });
  }

  /** Keeps other runs on this machine from the copy; gives what ends that. */
  lock(): () => void {
    const path = this.#beside("lock");
    let file: number;
    try {
      makeFolder(dirname(path));
      file = openLocked(path, constants.O_RDWR | constants.O_CREAT);
    } catch (cause) {
      const why =
        cause instanceof FileHeld
          ? `${this.#log} is being written by another run: wait for it to end, or choose another name.`
          : `Can't write ${path}, beside the copy of ${this.#log}: ${whyNotWritten(cause)}. FIRSTTOKEN_S3_COPIES names another folder.`;
      throw new LogError(why, { path: this.#log, cause });
    }
    return () => {
      rmSync(path, { force: true });
      closeSync(file);
      this.#removeEmptyFolders();
    };
  }

  /** Fetches what is on S3, or goes on with what an earlier run could not store. */
  async open(): Promise<void> {
    const there = await this.#onS3();
    const seen = this.#readNote();
    if (seen !== null && this.#names().length > 0) {
      this.#seen = seen;
      await this.#requireUnchanged(there);
      return;
    }
    // Without a note, no run has written to them.
    for (const name of this.#names()) rmSync(this.#at(name));
    const pairs = there.map(({ url }) => ({ url, file: this.#beside(`${basename(url)}.part`) }));
    await fetchObjects(pairs);
    for (const { url, file } of pairs) renameSync(file, this.#at(basename(url)));
    for (const { url, bytes, modified } of there) this.#seen[basename(url)] = [{ bytes, modified }];
    this.#before = new Map(this.#names().map((name) => [name, this.#state(name)]));
    this.#writeNote();
  }

  /** Stores what has changed, and then removes the copies. */
  async store(): Promise<void> {
    const changed = this.#names().filter((name) => this.#before.get(name) !== this.#state(name));
    if (changed.length > 0) {
      try {
        await this.#requireUnchanged(await this.#onS3());
        for (const name of changed) await this.#storeOne(name);
      } catch (cause) {
        const why = textOf(cause);
        const next = "store it by the same command with --resume (resume: true)";
        const message = `${this.#log} was not stored: ${why} Everything is kept in ${this.#path}: ${next}, or copy it.`;
        throw new LogError(message, { path: this.#log, cause });
      }
    }
    rmSync(this.#beside("note"), { force: true });
    for (const name of this.#names()) rmSync(this.#at(name));
  }

  /** An error that names the copy, which is gone, with the log's address in its place. */
  withAddress(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    const readdressed = (text: string) => text.replaceAll(this.#path, this.#log);
    if (!(error instanceof FirstTokenError))
      return Object.assign(error, { message: readdressed(error.message) });
    if (!(error instanceof LogError)) return reword(error, readdressed);
    return new LogError(readdressed(textOf(error)), {
      path: this.#log,
      cause: error,
      ...(error.line && { line: error.line }),
    });
  }

  async #storeOne(name: string): Promise<void> {
    // Noted first: a write that seems to have failed may have been done.
    const file = this.#at(name);
    const written = { bytes: statSync(file).size, sha256: await sha256(file) };
    this.#seen[name] = [...(this.#seen[name] ?? []), written];
    this.#writeNote();
    await storeObject({ url: `${dirname(this.#log)}/${name}`, file });
  }

  #onS3(): Promise<S3Object[]> {
    return listObjects(this.#log.replace(/jsonl$/, "*"));
  }

  async #requireUnchanged(there: readonly S3Object[]): Promise<void> {
    const own = new Set(this.#names());
    for (const object of there) {
      if (!own.has(basename(object.url)) || (await this.#isSeen(object))) continue;
      const message = `${object.url} was written by another run, and what is kept in ${this.#path} does not continue it. Store or delete one of them by hand.`;
      throw new LogError(message, { path: this.#log });
    }
  }

  async #isSeen({ url, bytes, modified }: S3Object): Promise<boolean> {
    const states = (this.#seen[basename(url)] ?? []).filter((state) => state.bytes === bytes);
    if (states.some((state) => "modified" in state && state.modified === modified)) return true;
    const sums = states.flatMap((state) => ("sha256" in state ? [state.sha256] : []));
    if (sums.length === 0) return false;
    const file = this.#beside("compared");
    await fetchObjects([{ url, file }]);
    const sum = await sha256(file);
    rmSync(file);
    return sums.includes(sum);
  }

  /** The names of the log's copy and of the files beside it, the log first. */
  #names(): string[] {
    const begin = basename(this.#path).replace(/jsonl$/, "");
    const folder = dirname(this.#path);
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(begin)) : [];
    const log = basename(this.#path);
    return names.sort((a, b) => Number(b === log) - Number(a === log));
  }

  #state(name: string): string {
    const { size, mtimeMs, ino } = statSync(this.#at(name));
    return `${size} ${mtimeMs} ${ino}`;
  }

  #at(name: string): string {
    return join(dirname(this.#path), name);
  }

  /** A file about the copy, whose name does not begin as the log's. */
  #beside(what: string): string {
    return join(dirname(this.#path), `.${basename(this.#path)}.${what}`);
  }

  #writeNote(): void {
    writeWhole(this.#beside("note"), JSON.stringify(this.#seen));
  }

  #readNote(): Record<string, readonly Seen[]> | null {
    const path = this.#beside("note");
    return existsSync(path) ? JSON.parse(readWhole(path).toString("utf8")) : null;
  }

  #removeEmptyFolders(): void {
    let folder = dirname(this.#path);
    for (const _ of this.#log.split("/").slice(3)) {
      if (readdirSync(folder).length > 0) return;
      rmdirSync(folder);
      folder = dirname(folder);
    }
  }
}

/** Of a file of any size. */
async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
