import { spawnSync } from "node:child_process";

/** Before the first test: processes and threads run what is in dist/, which must be what src/ is. */
export function setup(): void {
  const { status, stderr } = spawnSync(process.execPath, ["build.mjs", "check"], {
    cwd: new URL("..", import.meta.url),
    encoding: "utf8",
  });
  if (status === 0) return;
  const error = new Error(stderr.trim());
  // A sentence is enough.
  error.stack = error.message;
  throw error;
}
