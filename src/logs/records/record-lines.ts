import { BLEND_COLUMNS, PROXY_COLUMNS, QUALITY_COLUMNS, TTFT_COLUMNS } from "../../domain/records/columns.js";
import { LOAD_COLUMNS } from "../../domain/records/load-columns.js";
import type {
  BlendRecord,
  LoadRecord,
  ProxyRecord,
  QualityRecord,
  TtftRecord,
} from "../../domain/records/record-kinds.js";
import type { CacheState } from "../../domain/records/words.js";
import { bad, endingOf, type RecordParser, recordParser } from "./record-parser.js";

/** The cache states for a log without them, by a request's position: of the first run, and of the following ones. */
export interface SeedStates {
  readonly first: CacheState;
  readonly following: CacheState;
}

/** What a reader of TTFT lines fills in where a line does not say it. */
export interface TtftDefaults {
  /** The record's label, given its own. */
  readonly label?: (own: string | null) => string | null;
  readonly seedStates?: SeedStates | undefined;
}

/** A parser of TTFT lines that fills in a label or the cache states. */
export function ttftParser({ label, seedStates }: TtftDefaults): RecordParser<TtftRecord> {
  return recordParser<TtftRecord>(TTFT_COLUMNS, (draft) => {
    endingOf(draft);
    if (label !== undefined) draft.label = label(draft.label);
    if (seedStates !== undefined)
      draft.cache_state ??= draft.run_index === 1 ? seedStates.first : seedStates.following;
  });
}

/**
 * A TTFT record from one parsed line: known keys checked and in the order of `TTFT_COLUMNS`, unknown keys after them.
 *
 * The original's three keys alone are a record too: its outcome is `ok`, and what it does not say is null.
 *
 * @throws FirstTokenError naming the key, the rule and the value received.
 */
export const parseTtftRecord = ttftParser({});

/** A parser of blend lines that fills in a label, given the line's own. */
export function blendParser(labelOf = (own: string | null) => own): RecordParser<BlendRecord> {
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

/** A parser of quality lines that fills in a label, given the line's own. */
export function qualityParser(labelOf = (own: string | null) => own): RecordParser<QualityRecord> {
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

/** A parser of load lines that fills in a label, given the line's own. */
export function loadParser(labelOf = (own: string | null) => own): RecordParser<LoadRecord> {
  return recordParser<LoadRecord>(LOAD_COLUMNS, (draft) => {
    endingOf(draft);
    requireNoFailure(draft);
    draft.label = labelOf(draft.label);
  });
}

/**
 * A load record from one parsed line: known keys checked and in the order of `LOAD_COLUMNS`, unknown keys after them.
 *
 * @throws FirstTokenError naming the key, the rule and the value received.
 */
export const parseLoadRecord = loadParser();

/** A parser of proxy lines that fills in a label, given the line's own. */
export function proxyParser(labelOf = (own: string | null) => own): RecordParser<ProxyRecord> {
  return recordParser<ProxyRecord>(PROXY_COLUMNS, (draft) => {
    endingOf(draft);
    requireNoFailure(draft);
    draft.label = labelOf(draft.label);
  });
}

/**
 * A proxy record from one parsed line: known keys checked and in the order of `PROXY_COLUMNS`, unknown keys after them.
 *
 * @throws FirstTokenError naming the key, the rule and the value received.
 */
export const parseProxyRecord = proxyParser();

function requireNoFailure({ failure, outcome }: Pick<ProxyRecord | LoadRecord, "failure" | "outcome">): void {
  if (failure !== null && outcome === "ok") throw bad("failure", "must be null where outcome is ok", failure);
}
