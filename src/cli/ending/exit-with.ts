import { Interruption } from "./interruption.js";
import { whatIsKept } from "./kept-log.js";
import { lastWords } from "./last-words.js";
import type { Output } from "./output.js";
import { describeUnexpected } from "./unexpected.js";

/** What is still open when a command is done may take this long to close by itself. */
const LEAVE_MS = 300;

/**
 * Ends the process with the code that a command gives, and with 1 where its results did not reach their reader.
 *
 * A command whose process ends before it has given one, because nothing is left that could wake it, has failed: it says so
 * and ends with 1, never with 0. So has one that throws what nobody foresaw, here or in a callback: that is told in a
 * sentence.
 */
export function exitWith(command: Promise<number>, output: Output = { lost: false }): void {
  let settled = false;
  process.on("exit", () => {
    if (process.exitCode || (settled && !output.lost)) return;
    process.exitCode = 1;
    if (settled) return;
    lastWords(
      "firsttoken ended before it was done: it waits for something that can't come." +
        `${whatIsKept()} Please report this.`,
    );
  });
  const onUnexpected = (error: unknown): void => {
    // The command itself hears of it.
    if (error instanceof Interruption) return;
    lastWords(describeUnexpected(error));
    process.exit(1);
  };
  process.on("uncaughtException", onUnexpected);
  process.on("unhandledRejection", onUnexpected);
  const leave = (code: number): void => {
    settled = true;
    process.exitCode = code;
    // A timer, a connection or a look-up that is left must not hold the process; what is still to be written may.
    const end = (): void => {
      if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit();
      setTimeout(end, LEAVE_MS).unref();
    };
    setTimeout(end, LEAVE_MS).unref();
  };
  command.then(leave, (error: unknown) => {
    lastWords(describeUnexpected(error));
    leave(1);
  });
}
