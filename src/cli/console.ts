/** Where a command writes: results to `out`, everything said beside them to `err`. */
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

/** Colours a text on a terminal and leaves it alone elsewhere, or where NO_COLOR is set. */
export function colour(sink: Sink, code: number, text: string): string {
  return sink.isTTY && !process.env.NO_COLOR ? `\u001b[${code}m${text}\u001b[0m` : text;
}

/**
 * Removes control characters, which a model's text could use to repaint the terminal, and those that turn the text
 * around them; newlines and tabs stay.
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed.
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "");
}
