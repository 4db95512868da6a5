import { writeSync } from "node:fs";

/**
 * Ends the process with the code that a command gives. A command whose process ends before it has given one, because
 * nothing is left that could wake it, has failed: it says so and ends with 1, never with 0.
 */
export function exitWith(command: Promise<number>): void {
  let settled = false;
  process.on("exit", () => {
    if (settled || process.exitCode) return;
    process.exitCode = 1;
    writeSync(
      2,
      "\nfirsttoken ended before it was done: it waits for something that can't come. What was measured is in the log. " +
        "Please report this.\n",
    );
  });
  command
    .finally(() => {
      settled = true;
    })
    .then((code) => {
      process.exitCode = code;
    });
}
