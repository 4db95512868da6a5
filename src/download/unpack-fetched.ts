import { rm } from "node:fs/promises";
import { ArchiveError } from "./archive-error.js";
import { DownloadError } from "./download-error.js";
import { type FetchedFile, factsOf } from "./fetched-file.js";
import { onDisk } from "./on-disk.js";
import { unpack } from "./zip.js";

/**
 * Extracts a file from a fetched archive; an archive that does not contain it is not what was published, and is not kept.
 *
 * @throws DownloadError for such an archive, and for a full disk.
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
