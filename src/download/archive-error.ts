/** A zip archive is broken, has no such file, or has it in a form that is not read here; whoever fetched it says so in its own error. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
  readonly path: string;

  constructor(message: string, facts: { path: string; cause?: unknown }) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.path = facts.path;
  }
}
