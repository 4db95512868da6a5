import { QUALITY_COLUMNS } from "../../domain/records/columns.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";
import { endingOf, recordParser } from "./record-parser.js";

/** A parser of quality lines that fills in a label, given the line's own. */
export function qualityParser(labelOf = (own: string | null) => own): (value: unknown) => QualityRecord {
  return recordParser<QualityRecord>(QUALITY_COLUMNS, (draft) => {
    endingOf(draft);
    draft.label = labelOf(draft.label);
  });
}

/**
 * A quality record from one parsed line: known keys checked and in the order of `QUALITY_COLUMNS`, unknown keys after.
 *
 * @throws FirstTokenError naming the key, the rule and the value received.
 */
export const parseQualityRecord = qualityParser();
