/** How a request ended; statistics are split by it before anything is counted. In the order tables print them. */
export const OUTCOMES = ["ok", "error", "incomplete", "timeout"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * How a request ended and, when it did not end well, why.
 *
 * `ok` means that the server ended the answer itself, with `[DONE]` or with a `finish_reason` and the end of the response,
 * and that no `finish_reason` tells of a failure; `incomplete` that the stream was cut before.
 */
export type Ending =
  | { readonly outcome: "ok"; readonly error: null }
  | { readonly outcome: "error" | "incomplete" | "timeout"; readonly error: string };
