import { TTFT_COLUMNS } from "../../domain/records/columns.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import type { CacheState } from "../../domain/records/words.js";
import { endingOf, recordParser } from "./record-parser.js";

/** The cache states of a log that does not say them, by a request's place: the original's first run, and the others. */
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
export function ttftParser({ label, seedStates }: TtftDefaults): (value: unknown) => TtftRecord {
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
