import { BLEND_COLUMNS } from "../../domain/records/columns.js";
import type { BlendRecord } from "../../domain/records/record-kinds.js";
import { endingOf, recordParser } from "./record-parser.js";

/** A parser of blend lines that fills in a label, given the line's own. */
export function blendParser(labelOf = (own: string | null) => own): (value: unknown) => BlendRecord {
  return recordParser<BlendRecord>(BLEND_COLUMNS, (draft) => {
    endingOf(draft);
    draft.label = labelOf(draft.label);
  });
}

/**
 * A blend record from one parsed line: known keys checked and in the order of `BLEND_COLUMNS`, unknown keys after them.
 *
 * @throws FirstTokenError naming the key, the rule and the value received.
 */
export const parseBlendRecord = blendParser();
