import type { ProxyRecord } from "../../domain/records/record-kinds.js";

/** How much a stream of this provider contains, as long as all direct ones contain the same. */
export interface StreamLength {
  readonly chunks: number;
  readonly bytes: number;
}

/** Fewer streams than this may be equal by chance. */
const FEWEST = 2;

/**
 * Learns from the direct streams how much each contains, and counts a proxied one that contains less as failed.
 *
 * A proxy that joins chunks loses nothing: the text is the same. Less text in fewer chunks is a loss. If direct streams
 * differ among themselves, as those of a sampling model do, nothing can be concluded and nothing is counted.
 */
export function lostContent(): {
  /** Learns from the direct streams among these. */
  see(records: readonly ProxyRecord[]): void;
  /** The same records, with those that lost content as failed ones. */
  mark(records: readonly ProxyRecord[]): readonly ProxyRecord[];
} {
  let length: StreamLength | null = null;
  let seen = 0;
  let differ = false;
  return {
    see(records) {
      for (const { target, mode, outcome, chunks, content_bytes: bytes } of records) {
        if (target !== "direct" || mode !== "stream" || outcome !== "ok" || chunks === null || bytes === null)
          continue;
        length ??= { chunks, bytes };
        differ ||= length.chunks !== chunks || length.bytes !== bytes;
        seen += 1;
      }
    },
    mark(records) {
      if (length === null || differ || seen < FEWEST) return records;
      const known = length;
      return records.map((record) => (isShort(record, known) ? failed(record, known) : record));
    },
  };
}

const isShort = (
  { target, mode, outcome, chunks, content_bytes }: ProxyRecord,
  known: StreamLength,
): boolean =>
  target === "proxied" &&
  mode === "stream" &&
  outcome === "ok" &&
  chunks !== null &&
  content_bytes !== null &&
  chunks < known.chunks &&
  content_bytes < known.bytes;

const failed = (record: ProxyRecord, known: StreamLength): ProxyRecord =>
  ({
    ...record,
    outcome: "incomplete",
    failure: "lost content",
    error:
      `The stream ended well but held ${record.content_bytes} bytes of text in ${record.chunks} chunks, where every ` +
      `direct one held ${known.bytes} in ${known.chunks}.`,
  }) as ProxyRecord;
