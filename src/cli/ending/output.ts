import { writeSync } from "node:fs";
import { whyNotWritten } from "../../disk/written-file.js";
import { plainText } from "../../domain/plain-text.js";

/** Writes a line to the standard error at once, past its stream, which may be broken or never be flushed. */
export function lastWords(text: string): void {
  try {
    writeSync(2, `\n${plainText(text)}\n`);
  } catch {
    // There is nobody left to tell.
  }
}

/** Whether what was written to the standard output has reached it. */
export interface Output {
  readonly lost: boolean;
}

/**
 * Watches the standard streams, whose errors would end the process with a stack trace.
 *
 * A reader that goes away (`| head`) stops a run as Ctrl-C does: its log stays whole, and what it started ends. Where results
 * can't be written (a full disk) the run continues, so that its log is complete, and fails at the end. What is said beside the results
 * may be lost.
 */
export function watchOutput(): Output {
  let gone = false;
  let lost = false;
  const onError = (error: NodeJS.ErrnoException, isResult: boolean): void => {
    if (error.code === "EPIPE") {
      if (!gone && !process.emit("SIGINT", "SIGINT")) process.exit(141);
      gone = true;
    } else if (isResult && !lost) {
      lost = true;
      lastWords(`The results can't be written to the standard output: ${whyNotWritten(error)}.`);
    }
  };
  process.stdout.on("error", (error) => onError(error, true));
  process.stderr.on("error", (error) => onError(error, false));
  return {
    get lost() {
      return lost;
    },
  };
}
