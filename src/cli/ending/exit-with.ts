import { whyNotWritten } from "../../disk/written-file.js";
import { withoutKeys } from "../../domain/secrets/named-secrets.js";
import { Interruption, whatIsKept } from "./interruption.js";
import { lastWords, type Output } from "./output.js";

/** Time for anything still open at the end of a command to close by itself. */
const LEAVE_MS = 300;

/**
 * Ends the process with the code that a command gives, and with 1 where its results did not reach their reader.
 *
 * A command whose process ends before it has returned a code, because nothing is left that could wake it, has failed: it says
 * so and ends with 1, never with 0. So has one that throws an unexpected error, here or in a callback, which is reported in a
 * sentence.
 */
export function exitWith(command: Promise<number>, output: Output = { lost: false }): void {
  let settled = false;
  process.on("exit", () => {
    if (process.exitCode || (settled && !output.lost)) return;
    process.exitCode = 1;
    if (settled) return;
    lastWords(
      "firsttoken ended too early: it was waiting for something that can't happen any more." +
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
    // A remaining timer, connection or look-up must not keep the process alive; pending output may.
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

/** An unexpected error as a sentence: what the system refused, or a bug to report, with its position in the code. */
function describeUnexpected(error: unknown): string {
  if (isSystemError(error)) {
    const what = error.path === undefined ? error.syscall : `${error.syscall} of ${error.path}`;
    return `firsttoken can't go on: ${what} failed: ${whyNotWritten(error)}.${whatIsKept()}`;
  }
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const place = placeOf(error);
  return (
    `firsttoken failed unexpectedly: ${withoutKeys(said).split("\n")[0]}${place === null ? "" : ` (${place})`}.` +
    `${whatIsKept()} Please report this.`
  );
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly syscall: string } {
  return error instanceof Error && "code" in error && "syscall" in error;
}

/** The first place of this package in a stack. */
function placeOf(error: unknown): string | null {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return /\/((?:dist|src)\/[\w/.-]+:\d+):\d+/.exec(stack)?.[1] ?? null;
}
