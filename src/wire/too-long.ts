const MEBIBYTE = 2 ** 20;

/** The most of anything that a server may send: no answer worth reading has more, and this process has room for it. */
export const MOST = {
  headBytes: MEBIBYTE / 4,
  headers: 1_000,
  bodyBytes: 64 * MEBIBYTE,
  /** A line of a stream, or an event of several lines; a line of a scrape. */
  lineBytes: MEBIBYTE,
  /** The lines of a scrape that are wanted, together. */
  linesBytes: 4 * MEBIBYTE,
  /** Characters, reasoning with them. */
  text: 64 * MEBIBYTE,
  events: 10_000_000,
} as const;

/** A server sent more of one thing than is read of any ({@link MOST}): the message is that, as "a line of more than 1 MB". */
export class TooLong extends Error {
  override readonly name = "TooLong";
}

/** @example megabytes(MOST.bodyBytes) // "64 MB" */
export const megabytes = (bytes: number): string => `${bytes / MEBIBYTE} MB`;
