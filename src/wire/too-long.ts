const MEBIBYTE = 2 ** 20;

/** Limits on everything a server may send: no real answer has more, and it fits into memory. */
export const MOST = {
  headBytes: MEBIBYTE / 4,
  headers: 1_000,
  bodyBytes: 64 * MEBIBYTE,
  /** A line of a stream, or an event of several lines; a line of a scrape. */
  lineBytes: MEBIBYTE,
  /** All wanted lines of a scrape together. */
  linesBytes: 4 * MEBIBYTE,
  /** Characters, including reasoning. */
  text: 64 * MEBIBYTE,
  events: 10_000_000,
} as const;

/** A server sent more of something than {@link MOST} allows; the message names it, such as "a line of more than 1 MB". */
export class TooLong extends Error {
  override readonly name = "TooLong";
}

/** @example megabytes(MOST.bodyBytes) // "64 MB" */
export const megabytes = (bytes: number): string => `${bytes / MEBIBYTE} MB`;
