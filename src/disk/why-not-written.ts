const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file has reached the largest size allowed",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  EISDIR: "it is a directory",
  EEXIST: "a part of the path is a file, not a directory",
  ENOTDIR: "a part of the path is a file, not a directory",
  ENOENT: "its folder is not there",
  ENAMETOOLONG: "its name is too long for the file system",
};

/** Why a file can't be written, in words. */
export function whyNotWritten(cause: unknown): string {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}
