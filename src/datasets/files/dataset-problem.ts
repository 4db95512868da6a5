import { FirstTokenError } from "../../domain/errors/errors.js";
import { plainLine } from "../../domain/plain-text.js";

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

/** Something about a dataset that its user should know although it could be read; never dropped in silence. */
export interface DatasetProblem {
  readonly path: string;
  /** The item, from 1, when one item is concerned. */
  readonly item: number | null;
  /**
   * `unusable`: an item that is broken, not what the others are, or without a question, a context or an answer, left out. `repeated id`: an item renamed because
   * an earlier one has its id. `few`: fewer examples, or fewer solved ones to draw from, than were asked for.
   */
  readonly kind: "unusable" | "repeated id" | "few";
  /** One sentence with the path, the item and the reason. */
  readonly message: string;
}

/** Writes what was found to stderr: one line for each kind, however many of a file's items are concerned. */
export function warn(problems: readonly DatasetProblem[], items: number): void {
  for (const kind of new Set(problems.map((problem) => problem.kind))) {
    const [first, ...others] = problems.filter((problem) => problem.kind === kind);
    const more = others.length === 0 ? "" : ` (and ${others.length} more like it)`;
    const count = `${others.length + 1} of ${items} items left out: `;
    process.stderr.write(`${plainLine(`${kind === "unusable" ? count : ""}${first!.message}${more}`)}\n`);
  }
}
