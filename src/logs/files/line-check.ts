import { createHash } from "node:crypto";
import type { LogBytes } from "./log-bytes.js";
import { type ManifestEntry, readManifest, runsOf, type WrittenLines } from "./manifest.js";
import type { LogProblem } from "./problem.js";

/** The bytes of a log, and what they show once all are read. */
export interface CheckedBytes extends LogBytes {
  /** Where the log is not as its runs left it, by the checksums in its manifest; empty where that says nothing. */
  problems(): LogProblem[];
}

/** Adds up what is read of a log, to be held against the checksums in its manifest. */
export function checkedBytes(path: string, bytes: LogBytes): CheckedBytes {
  const runs = runsBeside(path);
  const sums = runs.flatMap(({ started_at, lines }) =>
    isWrittenLines(lines) ? [{ started_at, lines, hash: createHash("sha256") }] : [],
  );
  let at = 0;
  const add = (some: Buffer): void => {
    for (const { lines, hash } of sums) {
      const [from, to] = [Math.max(0, lines.from_byte - at), Math.min(some.length, lines.to_byte - at)];
      if (from < to) hash.update(some.subarray(from, to));
    }
    at += some.length;
  };
  const problems = (): LogProblem[] => {
    const found = sums.flatMap(({ started_at, lines, hash }) => {
      if (at < lines.to_byte) return [`the end of what the run of ${started_at} wrote is missing`];
      const isSame = hash.digest("hex") === lines.sha256;
      return isSame ? [] : [`what the run of ${started_at} wrote has changed since (by its checksum)`];
    });
    // Not checked for a run that was killed or is not over, which wrote more than its manifest says; nor where a run's lines have
    // changed already, because longer lines move whatever follows.
    if (found.length === 0 && sums.length === runs.length) {
      const strange = strangeBytes([...sums.map(({ lines }) => lines), { from_byte: at, to_byte: at }]);
      if (strange > 0) {
        found.push(
          `${strange === 1 ? "1 byte of it belongs" : `${strange} bytes of it belong`} to no run in its manifest`,
        );
      }
    }
    return found.map((what) => ({
      path,
      line: null,
      kind: "changed lines",
      message: `${path}: ${what}: it was edited or is damaged, and was read as it is.`,
    }));
  };
  return {
    size: bytes.size,
    isPlain: bytes.isPlain,
    read(buffer, offset) {
      const count = bytes.read(buffer, offset);
      if (sums.length > 0) add(buffer.subarray(offset, offset + count));
      return count;
    },
    close: () => bytes.close(),
    problems,
  };
}

/** How many bytes lie between what one run wrote and what the next did. */
function strangeBytes(stretches: readonly Pick<WrittenLines, "from_byte" | "to_byte">[]): number {
  const ordered = [...stretches].sort((a, b) => a.from_byte - b.from_byte);
  return ordered.reduce((sum, { from_byte }, index) => {
    const before = ordered[index - 1];
    return before === undefined ? sum : sum + Math.max(0, from_byte - before.to_byte);
  }, 0);
}

/** The runs in a log's manifest; a manifest that can't be read names none, and the report mentions it. */
function runsBeside(path: string): readonly ManifestEntry[] {
  try {
    return runsOf(readManifest(path));
  } catch {
    return [];
  }
}

function isWrittenLines(value: Partial<WrittenLines> | null | undefined): value is WrittenLines {
  if (typeof value !== "object" || value === null) return false;
  const { from_byte, to_byte, sha256 } = value;
  return Number.isSafeInteger(from_byte) && Number.isSafeInteger(to_byte) && typeof sha256 === "string";
}
