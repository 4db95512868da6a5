import { createHash } from "node:crypto";
import { isObject } from "../../domain/json.js";
import type { Example } from "../../domain/records/example.js";

/** How many examples a run asks, and a digest of all that is asked: questions, passages and right answers. */
export interface ExamplesFingerprint {
  readonly count: number;
  /** SHA-256, the first 16 digits. */
  readonly digest: string;
}

/** The fingerprint of examples in their order. */
export function examplesFingerprint(examples: readonly Example[]): ExamplesFingerprint {
  const hash = createHash("sha256");
  for (const { example_id, dataset, passages, input, references } of examples) {
    hash.update(`${JSON.stringify([example_id, dataset, passages, input, references])}\n`);
  }
  return { count: examples.length, digest: hash.digest("hex").slice(0, 16) };
}

/** Whether these examples begin with those of an earlier run. */
export function beginAlike(earlier: unknown, examples: readonly Example[]): boolean {
  if (!isObject(earlier) || typeof earlier.count !== "number" || earlier.count > examples.length)
    return false;
  return examplesFingerprint(examples.slice(0, earlier.count)).digest === earlier.digest;
}
