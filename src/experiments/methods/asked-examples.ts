import { createHash } from "node:crypto";
import { isObject } from "../../domain/json.js";
import type { Example } from "../../domain/records/example.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";

/** Which methods have answered which examples in a quality log, and how much was cut from each prompt. */
export interface AnsweredExamples {
  add(row: QualityRecord): void;
  /** Whether a method's last answer was to a prompt cut by this many tokens. */
  has(exampleId: string, label: string, cutTokens: number): boolean;
  /** Whether all methods answered the same prompt, or the example was left out for all. */
  haveAll(exampleId: string, labels: readonly string[]): boolean;
  /** How many examples had their prompts cut, and how many were left out. */
  counts(): { readonly cut_examples: number; readonly left_out_examples: number };
}

/** Keeps count of answers; a failed request is not an answer. */
export function answeredExamples(rows: readonly QualityRecord[]): AnsweredExamples {
  const last = new Map<string, Map<string | null, number | "left out">>();
  const answered: AnsweredExamples = {
    add({ example_id, label, outcome, context_cut_tokens, left_out }) {
      if (outcome !== "ok" && left_out !== true) return;
      const byLabel = last.get(example_id) ?? new Map<string | null, number | "left out">();
      last.set(example_id, byLabel);
      byLabel.set(label, left_out === true ? "left out" : (context_cut_tokens ?? 0));
    },
    has: (exampleId, label, cutTokens) => last.get(exampleId)?.get(label) === cutTokens,
    haveAll(exampleId, labels) {
      const found = labels.map((label) => last.get(exampleId)?.get(label));
      return found.every((one) => one !== undefined && one === found[0]);
    },
    counts() {
      const examples = [...last.values()].map((byLabel) => [...byLabel.values()]);
      const countOf = (is: (one: number | "left out") => boolean) =>
        examples.filter((labels) => labels.some(is)).length;
      return {
        cut_examples: countOf((one) => one !== "left out" && one > 0),
        left_out_examples: countOf((one) => one === "left out"),
      };
    },
  };
  for (const row of rows) answered.add(row);
  return answered;
}

/** How many examples a run asks, and a digest of everything asked: questions, passages and right answers. */
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
