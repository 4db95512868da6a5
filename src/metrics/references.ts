import { OptionError } from "../domain/errors/errors.js";

/** One right answer, or several any of which is right; a metric then gives the score of the best. */
export type References = string | readonly string[];

/**
 * The references as a list that can be scored one by one.
 *
 * @throws OptionError when there is none: a score against nothing would read as a wrong answer.
 */
export function listReferences(references: References): readonly string[] {
  const list = typeof references === "string" ? [references] : references;
  if (list.length === 0) throw new OptionError("references", "must hold at least one answer", "none");
  return list;
}
