import {
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";

/**
 * Opens a file without a name for reading and appending, so that nothing of it remains when the last process that has it open
 * ends, however it ends. Nothing is written to it before its name is removed.
 */
export function openAnonymousFile(path: string, text = ""): number {
  const { O_RDWR, O_APPEND, O_CREAT, O_EXCL } = constants;
  const file = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL, 0o600);
  unlinkSync(path);
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
  return file;
}

/**
 * Makes a text readable under a path, any number of times: as a link to an anonymous file of this process, so that the text
 * vanishes with the process. If the system has no such links (it is not Linux), as a file.
 */
export function offerText(path: string, text: string): void {
  if (process.platform === "linux") {
    try {
      symlinkSync(`/proc/${process.pid}/fd/${openAnonymousFile(`${path}.part`, text)}`, path);
      if (readFileSync(path, "utf8") === text) return;
    } catch {
      // A system that shows no processes.
    }
    rmSync(path, { force: true });
  }
  writeFileSync(path, text, { mode: 0o600, flag: "wx" });
}

/** The last lines of an open file, at most `most` bytes; a cut line is left out. */
export function lastLinesOf(file: number, most: number): string {
  const { size } = fstatSync(file);
  const bytes = Buffer.alloc(Math.min(size, most));
  let read = 0;
  while (read < bytes.length) {
    const more = readSync(file, bytes, read, bytes.length - read, size - bytes.length + read);
    if (more === 0) break;
    read += more;
  }
  const text = bytes.toString("utf8", 0, read);
  return size > most ? text.slice(text.indexOf("\n") + 1) : text;
}
