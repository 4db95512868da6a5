import { existsSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { copies, isRemote } from "./copies.js";
import { isParquetName } from "./log-names.js";
import { fetchObjects } from "./s3-objects.js";

/** A log, and the manifest beside it where both are on S3. */
export interface ReadFile {
  readonly path: string;
  readonly manifest?: string;
}

/**
 * Copies logs from S3, with their manifests, to files that `copyOf` names until they are released. Parquet is read where it is.
 *
 * @returns a function that removes the copies which nobody else reads.
 * @throws LogError for what can't be read.
 */
export async function copiesOf(files: readonly ReadFile[]): Promise<() => void> {
  const urls = files.flatMap(({ path, manifest }) => {
    if (!isRemote(path) || isParquetName(path)) return [];
    return manifest === undefined ? [path] : [path, manifest];
  });
  if (urls.length === 0) return () => {};
  const asked = [...new Set(urls)].filter((url) => !copies.has(url));
  const folder = mkdtempSync(join(tmpdir(), "firsttoken-s3-"));
  const fetched = fetchObjects(asked.map((url, index) => ({ url, file: join(folder, String(index)) })));
  fetched.catch(() => {});
  for (const [index, url] of asked.entries())
    copies.set(url, { file: join(folder, String(index)), readers: 0, fetched });
  const read = urls.map((url) => copies.get(url)!);
  for (const copy of read) copy.readers++;
  const release = (): void => {
    for (const [index, copy] of read.entries()) {
      if (--copy.readers > 0) continue;
      copies.delete(urls[index]!);
      rmSync(copy.file, { force: true });
    }
    // Other readers may still have copies there.
    for (const one of new Set([folder, ...read.map(({ file }) => dirname(file))])) {
      if (existsSync(one) && readdirSync(one).length === 0) rmdirSync(one);
    }
  };
  try {
    await Promise.all(read.map((copy) => copy.fetched));
  } catch (error) {
    release();
    throw error;
  }
  return release;
}
