import { existsSync, readFileSync } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { OptionError } from "../domain/errors/errors.js";
import { checkOptions } from "../domain/errors/options.js";
import { ArchiveError } from "../download/archive-error.js";
import { digestOf } from "../download/digest.js";
import { type DownloadedFile, type DownloadProgress, download } from "../download/download.js";
import { DownloadError } from "../download/download-error.js";
import { onDisk } from "../download/on-disk.js";
import { unpack } from "../download/zip.js";
import { SOURCE_NAMES, SOURCES, type SourceName } from "./dataset-sources.js";
import type { SourceFile } from "./source.js";

export interface FetchOptions {
  /** The folder the files go to; made when it is not there. */
  readonly to: string;
  /** A mirror instead of the publisher, with the same paths, such as `https://hf-mirror.com`; default the publisher. */
  readonly baseUrl?: string;
  /** Stops the download when it aborts; what has come is kept, and the next call goes on there. */
  readonly signal?: AbortSignal;
  /** Told of the bytes that have come, of all. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Tries in a row that may end without a new byte; by default 5. */
  readonly tries?: number;
  /** The pause before the second try, doubled before every further one, up to 30; default 1. */
  readonly retryDelaySeconds?: number;
  /** For a file, all tries together; default 3600. What has come is kept. */
  readonly timeoutSeconds?: number;
  /** For a try without a byte; default 60. */
  readonly idleTimeoutSeconds?: number;
}

/** A file that was fetched now or on an earlier call, or taken out of one. */
export interface FetchedFile extends DownloadedFile {
  readonly how: "fetched" | "already there" | "unpacked";
}

export interface FetchedDataset {
  readonly name: SourceName;
  readonly licence: string;
  readonly files: readonly FetchedFile[];
}

const DAY = "must be at most 86400";
const OPTIONS = z.strictObject({
  name: z.enum(SOURCE_NAMES, `must be one of ${SOURCE_NAMES.join(", ")}`),
  to: z.string("must be a folder").min(1, "must be a folder"),
  baseUrl: z.url({ protocol: /^https?$/, error: "must be an http or https address" }).optional(),
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: z
    .custom<(progress: DownloadProgress) => void>((value) => typeof value === "function")
    .optional(),
  tries: z.int("must be a whole number").min(1, "must be at least 1").optional(),
  retryDelaySeconds: z.number("must be a number").min(0, "must be at least 0").optional(),
  timeoutSeconds: z.number("must be a number").positive("must be above 0").max(86_400, DAY).optional(),
  idleTimeoutSeconds: z.number("must be a number").positive("must be above 0").max(86_400, DAY).optional(),
});

/**
 * Fetches the published files of a dataset into a folder; `datasets.load` reads them from there.
 *
 * Interrupted, it goes on where it was when called again. A file that is there already is checked, never replaced.
 *
 * @param name a published dataset, such as `2wikimqa`, or `longbench` and `cacheblend` for the files these two publish.
 * @throws OptionError for a wrong option; `datasets.DownloadError`, saying what was tried and what to do; `datasets.DatasetError` for an archive
 * that can't be unpacked; the signal's reason when it aborts.
 * @example await datasets.fetch("musique", { to: "data" }) // { files: [{ path: "data/musique-dev.jsonl", … }], … }
 */
export async function fetchDataset(name: SourceName, options: FetchOptions): Promise<FetchedDataset> {
  const { to, baseUrl, ...how } = checkOptions(OPTIONS, { ...options, name });
  const source = SOURCES[name];
  const base = withoutSecrets(baseUrl ?? source.baseUrl).replace(/\/+$/, "");
  const files: FetchedFile[] = [];
  for (const file of source.files) {
    const { urlPath, saveAs, digest, unpack: members = {} } = file;
    const path = join(to, saveAs);
    const url = base + urlPath;
    const fetched = existsSync(path)
      ? await existing(url, path, file)
      : { ...(await download(url, path, { ...how, digest })), how: "fetched" as const };
    files.push(fetched);
    for (const [member, memberName] of Object.entries(members)) {
      const unpacked = join(to, memberName);
      await onDisk(url, unpacked, () => unpackOrForget(url, path, member, unpacked));
      files.push({ ...(await facts(unpacked)), verified: "digest", how: "unpacked" });
    }
  }
  return { name, licence: source.licence, files };
}

/** Unpacks a file; an archive that does not give it is not what was published, and is not kept as if it were. */
async function unpackOrForget(url: string, archive: string, member: string, to: string): Promise<void> {
  try {
    await unpack(archive, member, to);
  } catch (cause) {
    if (!(cause instanceof ArchiveError)) throw cause;
    await rm(archive, { force: true });
    await rm(`${archive}.sha256`, { force: true });
    const message = `${url} is not the archive that was expected: ${cause.message} It was not kept; fetch it again, or from another mirror.`;
    throw new DownloadError(message, { url, cause });
  }
}

/** Addresses are shown in progress and errors, so that none may hold a password; neither may this error. */
function withoutSecrets(baseUrl: string): string {
  const { username, password, host } = new URL(baseUrl);
  if (username === "" && password === "") return baseUrl;
  throw new OptionError("baseUrl", "must not hold a user name or password", `…@${host}`);
}

/** A file that is there counts as fetched when it is what was published, or what an earlier call fetched. */
async function existing(url: string, path: string, { digest }: SourceFile): Promise<FetchedFile> {
  return onDisk(url, path, async () => {
    const found = await facts(path);
    const expected = digest?.hex ?? earlierSha256(path);
    const actual = digest === undefined ? found.sha256 : await digestOf(path, digest.algorithm);
    if (actual === expected) return { ...found, verified: "digest", how: "already there" };
    const message = `${path} is there already and is not what ${url} gives; move it away to fetch it.`;
    throw new DownloadError(message, { url });
  });
}

async function facts(path: string): Promise<Pick<FetchedFile, "path" | "bytes" | "sha256">> {
  return { path, bytes: (await stat(path)).size, sha256: await digestOf(path, "sha256") };
}

function earlierSha256(path: string): string | null {
  try {
    return readFileSync(`${path}.sha256`, "utf8").split(" ")[0]!;
  } catch {
    return null;
  }
}
