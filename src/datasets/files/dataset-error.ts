import { FirstTokenError } from "../../domain/errors/errors.js";

/** A dataset can't be read: no such file, a form that is not known, or an item that is not what its form says. */
export class DatasetError extends FirstTokenError {
  override readonly name = "DatasetError";
  readonly path: string;
  /** The item, from 1, when one item is at fault. */
  readonly item: number | null;

  constructor(message: string, facts: { path: string; item?: number; cause?: unknown }) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.path = facts.path;
    this.item = facts.item ?? null;
  }
}
