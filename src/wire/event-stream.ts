import { createParser } from "eventsource-parser";
import { MOST, megabytes, TooLong } from "./too-long.js";

/** One server-sent event and the stamp of the read that completed it. */
export interface TimedEvent {
  readonly at: bigint;
  /** The `event:` field, which most servers omit. */
  readonly name: string | undefined;
  readonly data: string;
}

export interface EventStream {
  /**
   * Takes the bytes `start` to `end` of a buffer, which arrived in the read stamped `at`.
   *
   * @throws TooLong for an event, or a line of one, that is too long; nothing more can be read then.
   */
  read(at: bigint, bytes: Buffer, start: number, end: number): void;
  /** The body ended: an event that only lacks its blank line is passed on too. */
  end(at: bigint): void;
}

/** A line that is not a field of an event but the JSON of an error. */
const RAW_ERROR = /^\s*\{\s*"(?:error|detail)"\s*:/;

/** UTF-8's byte order mark, as Latin-1. */
const BOM = "\xef\xbb\xbf";

/**
 * Splits a `text/event-stream` body into events (eventsource-parser 3.1.1), whatever the cuts between reads.
 *
 * An event that arrived in several reads has the stamp of the last of them, because it could not be used earlier. Bytes go
 * through the parser as Latin-1, and UTF-8 is decoded event by event, so that no character is ever split. Old llama.cpp
 * servers send failures as a field of their own (`error: {…}`), and some gateways as a bare line (`{"error": …}`); both are
 * passed on as an event named `error`.
 */
export function readEventStream(onEvent: (event: TimedEvent) => void): EventStream {
  let stamp = 0n;
  let endedInCr = false;
  /** The beginning of the stream while it may be an incomplete byte order mark, which the parser would not recognise. */
  let beginning: string | null = "";
  let isBroken = false;
  const parser = createParser({
    maxBufferSize: MOST.lineBytes,
    onEvent: ({ event, data }) => onEvent({ at: stamp, name: event && decode(event), data: decode(data) }),
    onError: ({ type, field, value, line }) => {
      if (type === "max-buffer-size-exceeded") isBroken = true;
      if (field === "error") onEvent({ at: stamp, name: "error", data: decode(value ?? "") });
      else if (line !== undefined && RAW_ERROR.test(line))
        onEvent({ at: stamp, name: "error", data: decode(line) });
    },
  });
  return {
    read(at, bytes, start, end) {
      stamp = at;
      let text = bytes.toString("latin1", start, end);
      if (beginning !== null) {
        text = beginning + text;
        beginning = text.length < BOM.length && BOM.startsWith(text) ? text : null;
        if (beginning !== null) return;
      }
      // The parser holds back a CR at the end, because an LF may follow. The line is complete nevertheless, and so may be an
      // event: it gets that LF now, and the server's is dropped.
      const rest = endedInCr && text.startsWith("\n") ? text.slice(1) : text;
      endedInCr = rest.endsWith("\r");
      parser.feed(endedInCr ? `${rest}\n` : rest);
      if (isBroken) throw new TooLong(`an event or a line of more than ${megabytes(MOST.lineBytes)}`);
    },
    end(at) {
      stamp = at;
      if (!isBroken) parser.feed("\n\n");
    },
  };
}

/** The UTF-8 text whose bytes are in a string as Latin-1. */
const decode = (bytes: string): string =>
  /[\x80-\xff]/.test(bytes) ? Buffer.from(bytes, "latin1").toString("utf8") : bytes;
