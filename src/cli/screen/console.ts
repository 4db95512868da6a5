import { inFlags } from "../../domain/errors/errors.js";
import { plainText, plainTextAround } from "../../domain/plain-text.js";
import { wrap } from "../../tables/display-width.js";

/** Where a command writes: results to `out`, everything else to `err`. */
export interface Console {
  readonly out: Sink;
  readonly err: Sink;
}

/** A text stream that may be a terminal. */
export interface Sink {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** The forms in which a command prints its table. */
export const TABLE_FORMATS = ["text", "markdown", "latex", "csv", "json"] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

/** Whether a form has no sentences, so that what they would say is said beside it. */
export const isData = (format: TableFormat): boolean => format === "csv" || format === "json";

/** Colours a text on a terminal and leaves it alone elsewhere, or where NO_COLOR is set. */
export function colour(sink: Sink, code: number, text: string): string {
  return sink.isTTY && !process.env.NO_COLOR ? `\u001b[${code}m${text}\u001b[0m` : text;
}

/** What this command line itself writes to a terminal: colours, and the way back to the beginning of a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is let through
const OWN_CODES = /(\u001b\[\d+m|\r)/;

/**
 * A console that writes to these streams. Nothing goes out as it came that a terminal would obey or nobody would see, wherever
 * it came from; colours and the progress bar's returns reach a terminal only. Notes and errors name flags, not options, and
 * break between words.
 */
export function consoleOf(out: Sink, err: Sink): Console {
  const said = cleanSink(err);
  return {
    out: cleanSink(out),
    err: {
      get isTTY() {
        return said.isTTY === true;
      },
      get columns() {
        return said.columns ?? 0;
      },
      write: (text) => said.write(wrapped(said, inFlags(text))),
    },
  };
}

/** The columns of a terminal; of a file or a pipe 100. */
export const widthOf = ({ isTTY, columns = 0 }: Sink): number =>
  isTTY === true && columns > 0 ? columns : 100;

/** Sentences whose lines a terminal need not break in the middle of a word; as they are elsewhere, and a progress bar. */
export const wrapped = (sink: Sink, text: string): string =>
  sink.isTTY !== true || text.includes("\r")
    ? text
    : text
        .split("\n")
        .flatMap((line) => wrap(line, widthOf(sink)))
        .join("\n");

function cleanSink(stream: Sink): Sink {
  return {
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? 0;
    },
    write: (text) => stream.write(stream.isTTY === true ? plainTextAround(OWN_CODES, text) : plainText(text)),
  };
}
