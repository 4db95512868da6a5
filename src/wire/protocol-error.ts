/** Enough to contain a whole secret. */
const KEPT_BYTES = 4_096;

/** The bytes are not an HTTP/1.x response from `start` on. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly start: Buffer;

  constructor(message: string, start: Buffer) {
    super(message);
    this.start = Buffer.from(start.subarray(0, KEPT_BYTES));
  }
}
