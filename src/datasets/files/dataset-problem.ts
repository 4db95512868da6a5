import { FirstTokenError } from "../../domain/errors/errors.js";
import { plainLine } from "../../domain/plain-text.js";

/** A dataset can't be read: the file is missing, its form is unknown, or an item does not have its form. */
export class DatasetError extends FirstTokenError {
  override readonly name = "DatasetError";
  readonly path: string;
  /** The item, from 1, if one item is at fault. */
  readonly item: number | null;

  constructor(message: string, facts: { path: string; item?: number; cause?: unknown }) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.path = facts.path;
    this.item = facts.item ?? null;
  }
}

/** Something about a dataset that its user should know although it could be read; never dropped silently. */
export interface DatasetProblem {
  readonly path: string;
  /** The item, from 1, if one item is concerned. */
  readonly item: number | null;
  /**
   * `unusable`: an item that was left out because it is broken, differs in kind from the others, or lacks a question, a
   * context or an answer. `repeated id`: an item renamed because an earlier one has its id. `few`: fewer examples, or fewer
   * solved ones to draw from, than were asked for.
   */
  readonly kind: "unusable" | "repeated id" | "few";
  /** One sentence with the path, the item and the reason. */
  readonly message: string;
}

/** Writes the problems to standard error: one line for each kind, however many items of a file are concerned. */
export function warn(problems: readonly DatasetProblem[], items: number): void {
  for (const kind of new Set(problems.map((problem) => problem.kind))) {
    const [first, ...others] = problems.filter((problem) => problem.kind === kind);
    const more = others.length === 0 ? "" : ` (and ${others.length} more like it)`;
    const count = `${others.length + 1} of ${items} items left out: `;
    process.stderr.write(`${plainLine(`${kind === "unusable" ? count : ""}${first!.message}${more}`)}\n`);
  }
}
