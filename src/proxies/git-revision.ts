import { execFile } from "node:child_process";

const PATIENCE_MILLISECONDS = 10_000;

/** The short hash of the commit checked out in a folder; "unknown" where there is none, or when the signal aborts. */
export function gitRevision(folder: string, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const options = { cwd: folder, timeout: PATIENCE_MILLISECONDS, ...(signal && { signal }) };
    execFile("git", ["rev-parse", "--short", "HEAD"], options, (error, stdout) =>
      resolve(error === null && stdout.trim() !== "" ? stdout.trim() : "unknown"),
    );
  });
}
