import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { isAt, openLocked } from "../../disk/open-file.js";
import { isDevice, makeFolder, nameBeside, placeOf, whyNotWritten } from "../../disk/written-file.js";
import { jsonText } from "../../domain/json.js";

/** What to do when the log exists already: refuse it (the default), continue it, or start it anew. */
export type IfExists =
  | { readonly resume?: false; readonly overwrite?: false }
  | { readonly resume: true; readonly overwrite?: false }
  | { readonly overwrite: true; readonly resume?: false };

/** What others have done to a log while a run had it. */
export interface Meddling {
  /** Whether nothing is left in its place. */
  readonly isGone: boolean;
  /** Such as "was replaced by another file". */
  readonly how: string;
}

/**
 * The file that a run writes its lines to, locked against other writers until it is closed.
 *
 * A log that is to be replaced stays where it is, and is what is locked, until the first lines of the new one are on the
 * disk: only then the new one takes its place.
 */
export class LogFile {
  readonly #path: string;
  readonly #isDevice: boolean;
  #file: number;
  #replaces: boolean;
  #size: number;
  /** It was not there before. */
  readonly #isNew: boolean;

  /** @throws FileHeld; what the file system throws. */
  constructor(path: string, ifExists: IfExists) {
    const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL } = constants;
    const rule = ifExists.resume === true || ifExists.overwrite === true ? 0 : O_EXCL;
    this.#path = path;
    this.#isDevice = isDevice(path);
    makeFolder(dirname(path));
    this.#isNew = !existsSync(path);
    this.#file = openLocked(path, O_WRONLY | O_APPEND | O_CREAT | rule);
    this.#size = fstatSync(this.#file).size;
    this.#replaces = ifExists.overwrite === true && !this.#isDevice && this.#size > 0;
  }

  /** The bytes before the next line. */
  get size(): number {
    return this.#replaces ? 0 : this.#size;
  }

  /** Whether the log that is to be replaced is still there. */
  get replaces(): boolean {
    return this.#replaces;
  }

  /** Whether it ends where its last whole line does. */
  get isWhole(): boolean {
    return fstatSync(this.#file).size === this.#size;
  }

  /** Takes the size anew, after the last line was mended. */
  remeasure(): void {
    this.#size = fstatSync(this.#file).size;
  }

  /** What others have done to the log since this run last wrote to it; null where nothing. */
  meddling(): Meddling | null {
    if (this.#isDevice) return null;
    try {
      if (statSync(this.#path, { throwIfNoEntry: false }) === undefined) {
        return { isGone: true, how: "was deleted or moved away" };
      }
      if (!isAt(this.#path, this.#file)) return { isGone: false, how: "was replaced by another file" };
      const { size } = fstatSync(this.#file);
      if (size === this.#size) return null;
      return {
        isGone: false,
        how: `was written to by another program: it has ${size} bytes instead of ${this.#size}`,
      };
    } catch (cause) {
      return { isGone: true, how: `can't be reached any more (${whyNotWritten(cause)})` };
    }
  }

  /**
   * Writes lines: all of them or, with what the file system throws, none.
   *
   * @param before called once they are on the disk where they take an old log's place, and otherwise before they are written.
   */
  write(lines: Iterable<Buffer>, before: () => void): void {
    if (this.#replaces) this.#replace(lines, before);
    else {
      before();
      this.#append(lines);
    }
    this.#size = fstatSync(this.#file).size;
  }

  /** Flushes to the disk, closes and unlocks; of a run that wrote nothing, no empty log is left for the next to stumble over. */
  close(): void {
    flush(this.#file);
    const isUnused = this.#isNew && this.#size === 0 && this.isWhole && !this.#isDevice;
    if (isUnused && isAt(this.#path, this.#file)) rmSync(this.#path, { force: true });
    closeSync(this.#file);
  }

  #append(lines: Iterable<Buffer>): void {
    try {
      for (const part of lines) writeAll(this.#file, part);
    } catch (cause) {
      this.#truncateBack();
      throw cause;
    }
  }

  /** Takes off what was written of a line, which is impossible on a pipe or a device. */
  #truncateBack(): void {
    try {
      if (!this.isWhole) ftruncateSync(this.#file, this.#size);
    } catch {
      // `isWhole` then stays false.
    }
  }

  #replace(lines: Iterable<Buffer>, before: () => void): void {
    const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL } = constants;
    const place = placeOf(this.#path);
    const part = nameBeside(place);
    const file = openLocked(part, O_WRONLY | O_APPEND | O_CREAT | O_EXCL);
    try {
      fchmodSync(file, fstatSync(this.#file).mode & 0o777);
      for (const some of lines) writeAll(file, some);
      flush(file);
      before();
      renameSync(part, place);
    } catch (cause) {
      closeSync(file);
      rmSync(part, { force: true });
      throw cause;
    }
    closeSync(this.#file);
    this.#file = file;
    this.#replaces = false;
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

function flush(file: number): void {
  try {
    fsyncSync(file);
  } catch {
    // A pipe or a device can't be flushed, and needs no flushing.
  }
}

/** The lines of records, in stretches: those of a million are longer together than a text may be. */
export function* linesOf(records: readonly unknown[]): Generator<Buffer> {
  for (let from = 0; from < records.length; from += AT_ONCE) {
    const some = records.slice(from, from + AT_ONCE);
    yield Buffer.from(some.map((record) => `${jsonText(record)}\n`).join(""));
  }
}

const AT_ONCE = 10_000;
