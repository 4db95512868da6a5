/** Why a file can't be read, in words; `folder` says what to do where it is one. */
export function whyUnreadable(cause: unknown, folder: string): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file";
  return code === "EISDIR" ? folder : message;
}
