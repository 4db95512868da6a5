import { LogError } from "../../domain/errors/errors.js";
import { copies } from "./copies.js";
import type { ReadFile } from "./fetched-copies.js";
import { isLogName, isManifestName, manifestPath } from "./log-names.js";
import { listObjects } from "./s3-objects.js";

/** A log on S3; `isFound` where it was found in a folder, not named itself. */
export interface FoundOnS3 extends ReadFile {
  readonly isFound?: true;
}

/**
 * The logs on S3 that an address leads to: an object, those that a pattern matches (`*`, `?`, `**`), or whatever looks like a log in
 * a folder, at any depth.
 *
 * @throws LogError where there is none, or S3 does not answer.
 */
export async function foundOnS3(address: string): Promise<FoundOnS3[]> {
  if (copies.has(address)) return [{ path: address }];
  if (/[*?]/.test(address)) return matching(address);
  if (!address.endsWith("/")) {
    const named = await listed(`${address}*`);
    const [log] = withManifests(
      [address].filter((url) => named.has(url)),
      named,
    );
    if (log !== undefined) return [log];
  }
  return inFolder(address.replace(/\/+$/, ""));
}

async function matching(pattern: string): Promise<FoundOnS3[]> {
  const found = await listed(pattern);
  if (found.size === 0) throw new LogError(`Nothing on S3 matches ${pattern}.`, { path: pattern });
  const manifests = await listed(manifestPath(withoutGz(pattern)));
  return withManifests([...found], manifests);
}

async function inFolder(folder: string): Promise<FoundOnS3[]> {
  const all = await listed(`${folder}/**`);
  const logs = [...all].filter((url) => isLogName(url) && !/\/\./.test(url.slice(folder.length)));
  if (logs.length > 0) return withManifests(logs, all).map((log) => ({ ...log, isFound: true }));
  const what = all.size === 0 ? "There is nothing on S3 at" : "There is no log on S3 in";
  throw new LogError(`${what} ${folder}${all.size === 0 ? "" : "/"}.`, { path: folder });
}

async function listed(pattern: string): Promise<ReadonlySet<string>> {
  return new Set((await listObjects(pattern)).map(({ url }) => url));
}

/** Each log with the manifest that is beside it; a packed one has that which it had before. */
function withManifests(logs: readonly string[], there: ReadonlySet<string>): ReadFile[] {
  return logs.map((path) => {
    const manifest = [manifestPath(path), manifestPath(withoutGz(path))].find((url) => there.has(url));
    return manifest === undefined || isManifestName(path) ? { path } : { path, manifest };
  });
}

const withoutGz = (path: string): string => path.replace(/\.gz$/, "");
