import { group } from "d3-array";
import { OptionError } from "../../domain/errors/errors.js";
import type { BlendRecord } from "../../domain/records/record-kinds.js";
import type { Trait } from "../../domain/records/series.js";
import { BLEND_SETTING, inputLengthOf, tokenUnit } from "../context-length.js";

/** What TTFT is drawn against. */
export type BlendAxis = "input" | "chunks" | "chunkLength";

/** An axis: where a row stands on it, and what its lines must share beside their method. */
export interface Axis {
  readonly title: string;
  /** What is kept along a line, for the words below the title. */
  readonly words: string;
  readonly rows: readonly BlendRecord[];
  readonly placeOf: (row: BlendRecord) => number;
  readonly setting: readonly Trait<BlendRecord>[];
}

/** Tokens of a chunk, which a log tells by the whole input and the number of its chunks. */
export const chunkLengthOf = (row: Pick<BlendRecord, "input_target" | "context_tokens" | "chunks">): number =>
  Math.round(inputLengthOf(row) / (row.chunks ?? 1));

const CHUNK_LENGTH: Trait<BlendRecord> = {
  name: "chunk length",
  of: (row) => `${chunkLengthOf(row)} tokens a chunk`,
  silenceCounts: true,
};
const INPUT_LENGTH: Trait<BlendRecord> = {
  name: "input length",
  of: (row) => `${inputLengthOf(row)} tokens`,
  silenceCounts: true,
};

/** @throws OptionError for an axis that is none. */
export function blendAxis(rows: readonly BlendRecord[], against: BlendAxis): Axis {
  const unit = tokenUnit(rows);
  if (against === "input")
    return { title: `input (${unit})`, words: "", rows, placeOf: inputLengthOf, setting: BLEND_SETTING };
  // A log that does not say how many chunks there were stands nowhere.
  const chunked = rows.filter(({ chunks }) => chunks !== null && chunks > 0);
  if (against === "chunkLength")
    return {
      ...{ title: `chunk length (${unit})`, words: "; number of chunks fixed", rows: chunked },
      ...{ placeOf: chunkLengthOf, setting: BLEND_SETTING },
    };
  if (against !== "chunks")
    throw new OptionError("against", 'must be "input", "chunks" or "chunkLength"', against);
  const byLength = group(chunked, chunkLengthOf).values();
  const keepsLength = [...byLength].some((own) => new Set(own.map(({ chunks }) => chunks)).size > 1);
  return {
    ...{ title: "number of chunks", rows: chunked, placeOf: ({ chunks }) => chunks! },
    words: keepsLength ? "; chunk length fixed" : "; input length fixed",
    setting: [keepsLength ? CHUNK_LENGTH : INPUT_LENGTH],
  };
}
