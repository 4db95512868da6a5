/** A zip archive is broken, lacks the file, or has it in an unsupported form; the caller reports this in its own error. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
  readonly path: string;

  constructor(message: string, facts: { path: string; cause?: unknown }) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.path = facts.path;
  }
}
