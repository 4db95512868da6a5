import { DownloadError } from "./download-error.js";

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** Works with the local files of a download; a failure becomes an error that says what to do. */
export async function onDisk<T>(url: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof DownloadError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = FULL.has(code ?? "")
      ? "the disk is full; free some space and fetch again to continue from there"
      : message;
    throw new DownloadError(`${path} can't be written: ${reason}.`, { url, cause });
  }
}
