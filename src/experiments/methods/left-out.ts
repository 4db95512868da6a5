import { NOTHING_TIMED } from "../../domain/records/columns.js";
import type { MethodColumns, TimedRequest } from "../../domain/records/record-kinds.js";
import type { Evidence } from "../../domain/records/words.js";
import type { Method } from "../../methods/request/method.js";

/** The columns of an example that no method could be asked, with the reason. */
export function leftOutColumns(
  { name, setting, server }: Method,
  why: string,
): TimedRequest &
  MethodColumns & {
    readonly model: string;
    readonly evidence: Evidence;
    readonly evidence_source: null;
    readonly evidence_reason: string;
    readonly token_counter: string;
  } {
  return {
    ...NOTHING_TIMED,
    outcome: "error",
    error: `Left out: ${why}.`,
    method: name,
    ...setting,
    load_seconds: null,
    server_prefill_seconds: null,
    recomputed_tokens: null,
    recomputed_ratio: null,
    collect_seconds: null,
    model: server.model,
    evidence: "unproven",
    evidence_source: null,
    evidence_reason: "it was not asked",
    token_counter: server.tokens.name,
  };
}
