import { writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { makeFolder } from "../disk/written-file.js";
import { pause } from "../domain/waiting.js";
import { type Digest, digestOf } from "./digest.js";
import { DownloadError } from "./download-error.js";
import type { DownloadedFile } from "./fetched-file.js";
import { onDisk } from "./on-disk.js";
import { openPart, type PartFile } from "./part-file.js";
import { type Received, receive } from "./receive.js";

export interface DownloadProgress {
  readonly url: string;
  readonly path: string;
  /** Bytes on disk, including those of an earlier attempt. */
  readonly receivedBytes: number;
  /** Null if the server does not report it. */
  readonly totalBytes: number | null;
}

export interface DownloadOptions {
  /** The expected digest; without one, the file's SHA-256 is written beside it. */
  readonly digest?: Digest | undefined;
  /** Sent with each request; a login is sent only to the address's own host, not to where it redirects. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Maximum attempts in a row without a new byte; by default 5. */
  readonly tries?: number | undefined;
  /** Pause before the second attempt, doubled before every further one, up to 30; by default 1. */
  readonly retryDelaySeconds?: number | undefined;
  /** Limit for all attempts together; by default 3600. */
  readonly timeoutSeconds?: number | undefined;
  /** Limit without a byte within an attempt; by default 60. */
  readonly idleTimeoutSeconds?: number | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

const LONGEST_DELAY_SECONDS = 30;

/**
 * Downloads a file through `<path>.part`, which a later call continues as long as the server has the same version.
 *
 * @throws DownloadError if the server refuses, can't be reached, cuts every attempt, or sends a file without the expected
 *   `digest`; if the disk is full. The part is kept, unless the file is wrong.
 * @throws the signal's reason if aborted; the part is kept.
 */
export async function download(
  url: string,
  path: string,
  options: DownloadOptions = {},
): Promise<DownloadedFile> {
  const part = await onDisk(url, path, async () => {
    makeFolder(dirname(path));
    return openPart(path, url);
  });
  try {
    const totalBytes = await receiveWhole(url, part, path, options);
    const sha256 = await onDisk(url, part.path, () => digestOf(part.path, "sha256"));
    if (options.digest !== undefined) await verify(url, part, options.digest, sha256);
    else await onDisk(url, path, () => writeFile(`${path}.sha256`, `${sha256}  ${basename(path)}\n`));
    await onDisk(url, path, () => part.finish());
    const verified = options.digest !== undefined ? "digest" : totalBytes === null ? "nothing" : "length";
    return { path, bytes: part.bytes, sha256, verified };
  } finally {
    await part.close();
  }
}

/** Tries until the file is complete; returns its length as reported by the server. */
async function receiveWhole(
  url: string,
  part: PartFile,
  path: string,
  options: DownloadOptions,
): Promise<number | null> {
  const { tries = 5, retryDelaySeconds = 1, onProgress } = options;
  const { timeoutSeconds = 3_600, idleTimeoutSeconds = 60 } = options;
  const late = AbortSignal.timeout(timeoutSeconds * 1_000);
  const signal = options.signal === undefined ? late : AbortSignal.any([options.signal, late]);
  try {
    return await untilWhole();
  } catch (cause) {
    if (!late.aborted || cause !== signal.reason) throw cause;
    throw new DownloadError(
      `${url} was not complete after ${timeoutSeconds} s (--timeout_seconds, timeoutSeconds)${keptOf(part)}.`,
      { url, cause },
    );
  }

  async function untilWhole(): Promise<number | null> {
    let mostBytes = part.bytes;
    for (let failures = 0; ; ) {
      const result = await receive(
        url,
        part,
        { signal, idleTimeoutSeconds, headers: options.headers },
        (totalBytes) => onProgress?.({ url, path, receivedBytes: part.bytes, totalBytes }),
      );
      if (result.how === "whole") return result.totalBytes;
      failures = part.bytes > mostBytes ? 0 : failures + 1;
      mostBytes = Math.max(mostBytes, part.bytes);
      if (failures >= tries) throw givenUp(url, part, result, tries);
      const delay = Math.max(result.waitSeconds ?? 0, retryDelaySeconds * 2 ** Math.max(0, failures - 1));
      await pause(Math.min(delay, LONGEST_DELAY_SECONDS), signal);
    }
  }
}

/** What a later call continues with, as the end of a sentence. */
const keptOf = (part: PartFile): string =>
  part.validator === null
    ? ""
    : `; ${part.bytes} bytes are kept in ${part.path}, and the next call continues from there`;

function givenUp(url: string, part: PartFile, { reason, cause }: Received & { how: "cut" }, tries: number) {
  const message = `${url} could not be fetched: ${reason}, and ${tries} tries in a row brought no more bytes`;
  return new DownloadError(`${message}${keptOf(part)}.`, { url, cause });
}

async function verify(url: string, part: PartFile, digest: Digest, sha256: string): Promise<void> {
  const found = digest.algorithm === "sha256" ? sha256 : await digestOf(part.path, digest.algorithm);
  if (found === digest.hex) return;
  await part.discard();
  const message = `${url} is not the expected file: its ${digest.algorithm} is ${found} and not ${digest.hex}. It was not kept.`;
  throw new DownloadError(message, { url });
}
