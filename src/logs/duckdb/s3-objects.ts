import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Connection, quoted, refusal, visitRows, withDuckDb } from "./duckdb.js";

/** An object on S3, as a list shows it. */
export interface S3Object {
  readonly url: string;
  readonly bytes: number;
  /** When it was last written, as S3 says. */
  readonly modified: string;
}

/**
 * The objects on S3 that a pattern matches, in the order of their addresses: `*` and `?` stand for characters of one name, `**` for any
 * number of folders.
 *
 * DuckDB loads its extension `httpfs` for S3, from its own site the first time.
 *
 * @throws LogError where DuckDB is not installed, or S3 does not answer.
 */
export function listObjects(pattern: string): Promise<S3Object[]> {
  return withDuckDb(pattern, async (connection) => {
    const objects: S3Object[] = [];
    const found = `SELECT filename, size, last_modified::VARCHAR FROM read_blob(${quoted(pattern)})`;
    await visitRows(connection, `${found} ORDER BY filename`, ([url, bytes, modified]) => {
      objects.push({ url: String(url), bytes: Number(bytes), modified: String(modified) });
      return undefined;
    }).catch((cause: unknown) => {
      if (!/No files found/.test((cause as Error).message)) throw cause;
    });
    return objects;
  });
}

/** A copy to make: of an object in a file, or of a file as an object. */
export interface S3Copy {
  readonly url: string;
  readonly file: string;
}

/**
 * Copies objects from S3 to files, some at a time.
 *
 * @throws LogError where DuckDB is not installed, or one can't be read.
 */
export async function fetchObjects(copies: readonly S3Copy[]): Promise<void> {
  const left = copies.values();
  const fetchLeft = (): Promise<void> =>
    withDuckDb(copies[0]!.url, async (connection) => {
      for (const { url, file } of left) {
        await copyBytes(connection, [url], file).catch((cause: unknown) => {
          throw refusal(url, "read", cause);
        });
      }
    });
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, copies.length) }, fetchLeft));
}

const AT_ONCE = 4;

/**
 * Stores a file as an object on S3, in several parts if it is long. A file of any size takes the memory of a few pieces, and while it is
 * stored its size once more on the disk.
 *
 * @throws LogError where DuckDB is not installed, or S3 does not take it.
 */
export async function storeObject({ url, file }: S3Copy): Promise<void> {
  if (statSync(file).size <= PIECE) {
    await withDuckDb(url, (connection) => copyBytes(connection, [file], url), "write");
    return;
  }
  const folder = mkdtempSync(join(dirname(file), ".pieces-"));
  try {
    const pieces = await piecesOf(file, folder);
    await withDuckDb(
      url,
      async (connection) => {
        // With one thread, DuckDB holds one piece at a time.
        await connection.run("SET threads = 1");
        await copyBytes(connection, pieces, url);
      },
      "write",
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** DuckDB takes a file whole as one value. */
const PIECE = 8 << 20;

async function piecesOf(file: string, folder: string): Promise<readonly string[]> {
  const count = Math.ceil(statSync(file).size / PIECE);
  const pieces = Array.from({ length: count }, (_, index) => join(folder, String(index)));
  for (const [index, piece] of pieces.entries()) {
    const [start, end] = [index * PIECE, (index + 1) * PIECE - 1];
    await pipeline(createReadStream(file, { start, end }), createWriteStream(piece, { flags: "wx" }));
  }
  return pieces;
}

/** The pieces one after the other. */
async function copyBytes(connection: Connection, from: readonly string[], to: string): Promise<void> {
  const blobs = `read_blob([${from.map(quoted).join(", ")}])`;
  await connection.run(`COPY (SELECT content FROM ${blobs}) TO ${quoted(to)} (FORMAT blob)`);
}
