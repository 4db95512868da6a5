import { FirstTokenError } from "../domain/errors/errors.js";

/** A file could not be fetched: no network, refused by the server, no room, or not the expected file. */
export class DownloadError extends FirstTokenError {
  override readonly name = "DownloadError";
  readonly url: string;
  /** The HTTP status, if there was an answer. */
  readonly status: number | null;

  constructor(message: string, facts: { url: string; status?: number; cause?: unknown }) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.url = facts.url;
    this.status = facts.status ?? null;
  }
}
