import { existsSync, readFileSync } from "node:fs";
import { type Digest, digestOf } from "./digest.js";
import { type DownloadOptions, download } from "./download.js";
import { DownloadError } from "./download-error.js";
import { type FetchedFile, factsOf } from "./fetched-file.js";
import { onDisk } from "./on-disk.js";

/**
 * Fetches a file unless it exists already. An existing file is checked against what was published or what an earlier call
 * fetched, and never replaced.
 *
 * @throws DownloadError as `download` does, and if a different file is at its path.
 */
export async function fetchFile(
  url: string,
  path: string,
  options: DownloadOptions = {},
): Promise<FetchedFile> {
  if (existsSync(path)) return existing(url, path, options.digest);
  return { ...(await download(url, path, options)), how: "fetched" };
}

async function existing(url: string, path: string, digest: Digest | undefined): Promise<FetchedFile> {
  return onDisk(url, path, async () => {
    const found = await factsOf(path);
    const expected = digest?.hex ?? earlierSha256(path);
    const actual = digest === undefined ? found.sha256 : await digestOf(path, digest.algorithm);
    if (actual === expected) return { ...found, verified: "digest", how: "already there" };
    const message = `${path} exists already and differs from what ${url} provides; move it away to fetch it.`;
    throw new DownloadError(message, { url });
  });
}

function earlierSha256(path: string): string | null {
  try {
    return readFileSync(`${path}.sha256`, "utf8").split(" ")[0]!;
  } catch {
    return null;
  }
}
