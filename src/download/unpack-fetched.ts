import { rm } from "node:fs/promises";
import { ArchiveError } from "./archive-error.js";
import { DownloadError } from "./download-error.js";
import { type FetchedFile, factsOf } from "./fetched-file.js";
import { onDisk } from "./on-disk.js";
import { unpack } from "./zip.js";

/**
 * Takes a file out of an archive that was fetched; one that does not give it is not what was published, and is not kept
 * as if it were.
 *
 * @throws DownloadError for such an archive, and for a disk that takes no more.
 */
export async function unpackFetched(
  url: string,
  archive: string,
  member: string,
  to: string,
): Promise<FetchedFile> {
  await onDisk(url, to, async () => {
    try {
      await unpack(archive, member, to);
    } catch (cause) {
      if (!(cause instanceof ArchiveError)) throw cause;
      await rm(archive, { force: true });
      await rm(`${archive}.sha256`, { force: true });
      const message = `${url} is not the expected archive: ${cause.message} It was not kept; fetch it again, or from another mirror.`;
      throw new DownloadError(message, { url, cause });
    }
  });
  return { ...(await factsOf(to)), verified: "digest", how: "unpacked" };
}
