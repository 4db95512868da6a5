/** One step of an answer: bytes, a wait, or an end of the connection that is none of HTTP's. */
export type Step =
  | { readonly write: string }
  | { readonly waitSeconds: number }
  /** `close` after what was written; `reset` at once; `stall`: nothing more, until the client gives up. */
  | { readonly end: "close" | "reset" | "stall" };

/** An answer, worked out only as it is sent: what it says of the time is true then. */
export type Answer = Iterator<Step, void>;
