import { gunzipSync } from "node:zlib";
import { readWhole, whyUnreadable } from "../../disk/open-file.js";
import { DatasetError } from "./dataset-problem.js";

/** A text is read at once, and this is the longest possible. */
const MOST_TEXT_BYTES = 512 * 2 ** 20;

/** Kinds of files that hold datasets but are not read here, by their first bytes. */
const FOREIGN = [
  { begin: "PK\x03\x04", is: "a zip archive; unpack it and give one of its files" },
  { begin: "7z\xbc\xaf", is: "a 7z archive; unpack it (7z x) and give one of its files" },
  { begin: "PAR1", is: "a Parquet file; convert it to JSONL first" },
  { begin: "\xff\xfe", is: "UTF-16; save it as UTF-8" },
  { begin: "\xfe\xff", is: "UTF-16; save it as UTF-8" },
];

/**
 * Reads a UTF-8 file, gzipped or not.
 *
 * @param what it is, for the error where it is not there.
 * @throws DatasetError if it can't be read, is an archive, or is not UTF-8.
 */
export async function readText(path: string, what = "dataset"): Promise<string> {
  const bytes = unzip(path, await readBytes(path, what));
  const begin = bytes.toString("latin1", 0, 4);
  const foreign = FOREIGN.find((kind) => begin.startsWith(kind.begin));
  if (foreign !== undefined) throw new DatasetError(`${path} is ${foreign.is}.`, { path });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DatasetError(`${path} is not UTF-8, or too large to be read at once.`, { path, cause });
  }
}

function unzip(path: string, bytes: Buffer): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_TEXT_BYTES });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      const most = `${MOST_TEXT_BYTES / 2 ** 20} MB`;
      throw new DatasetError(`${path} unpacks to more than ${most}, too large to be read at once.`, {
        path,
        cause,
      });
    }
    throw new DatasetError(`${path} is a broken gzip file: ${(cause as Error).message}.`, { path, cause });
  }
}

async function readBytes(path: string, what: string): Promise<Buffer> {
  try {
    return readWhole(path);
  } catch (cause) {
    const reason = whyUnreadable(cause, "it is a folder; give one of its files");
    throw new DatasetError(`The ${what} ${path} can't be read: ${reason}.`, { path, cause });
  }
}

/** `test.src`, `test.src.cleaned`, `test.src.gz`, with `test.tgt` beside it: line n of one belongs to line n of the other. */
const LINE_FILE = /\.src(\.cleaned|\.txt)?(\.gz)?$/;

/** Whether a file is the source half of two line-aligned files. */
export function isLineFile(path: string): boolean {
  return LINE_FILE.test(path);
}

/**
 * Reads two line-aligned files as items `{ source, target }`.
 *
 * @throws DatasetError if they don't have the same number of lines.
 */
export async function pairLines(path: string): Promise<unknown[]> {
  const targetPath = path.replace(LINE_FILE, ".tgt");
  const [sources, targets] = [lines(await readText(path)), lines(await readText(targetPath))];
  if (sources.length !== targets.length) {
    const message = `${path} has ${sources.length} lines and ${targetPath} ${targets.length}; they must have the same number.`;
    throw new DatasetError(message, { path });
  }
  return sources.map((source, index) => ({ source, target: targets[index] }));
}

function lines(text: string): string[] {
  return text.replace(/\r?\n$/, "").split(/\r?\n/);
}
