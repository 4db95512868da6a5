import { rollups } from "d3-array";
import type { Evidence } from "../../domain/records/words.js";

/** What a record says of its evidence. */
export interface EvidenceRow {
  readonly label: string | null;
  readonly evidence: Evidence;
  /** Null where it is proven, and in logs that do not say. */
  readonly evidence_reason?: string | null;
}

/** How many different reasons are shown. */
const SHOWN = 4;

/**
 * Why requests are not proven, most frequent first, each reason once for all that differ from it in numbers alone; nothing
 * where the logs don't say.
 *
 * @example evidenceReasons(rows) // ["Not proven: CacheBlend 15%, 12 contradicted: 368 tokens came from a cache, …"]
 */
export function evidenceReasons(rows: readonly EvidenceRow[]): string[] {
  const doubtful = rows.flatMap((row) =>
    row.evidence_reason ? [{ ...row, reason: row.evidence_reason }] : [],
  );
  const kinds = rollups(
    doubtful,
    (own) => own,
    ({ label, evidence, reason }) => `${label}\n${evidence}\n${reason.replace(/\d+/g, "#")}`,
  )
    .map(([, own]) => own)
    .sort((a, b) => b.length - a.length);
  if (kinds.length === 0) return [];
  const said = kinds.slice(0, SHOWN).map((own) => {
    const [{ label, evidence, reason }] = own as [(typeof own)[number]];
    const differ = own.some((row) => row.reason !== reason) ? ", for example" : "";
    return `${label === null ? "" : `${label}, `}${own.length} ${evidence}${differ}: ${reason}`;
  });
  const more = kinds.length > SHOWN ? `; and ${kinds.length - SHOWN} other reasons` : "";
  return [`Not proven: ${said.join("; ")}${more}.`];
}
