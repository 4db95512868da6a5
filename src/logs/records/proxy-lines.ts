import { PROXY_COLUMNS } from "../../domain/records/columns.js";
import type { ProxyRecord } from "../../domain/records/record-kinds.js";
import { bad } from "./fields.js";
import { endingOf, recordParser } from "./record-parser.js";

/** A parser of proxy lines that fills in a label, given the line's own. */
export function proxyParser(labelOf = (own: string | null) => own): (value: unknown) => ProxyRecord {
  return recordParser<ProxyRecord>(PROXY_COLUMNS, (draft) => {
    endingOf(draft);
    if (draft.failure !== null && draft.outcome === "ok")
      throw bad("failure", "must be null where outcome is ok", draft.failure);
    draft.label = labelOf(draft.label);
  });
}

/**
 * A proxy record from one parsed line: known keys checked and in the order of `PROXY_COLUMNS`, unknown keys after them.
 *
 * @throws FirstTokenError naming the key, the rule and the value received.
 */
export const parseProxyRecord = proxyParser();
