import type { Rows, Steps } from "./steps.js";

/** What all threads do together: a step on rows of their own, or on their part of rows that all have. */
export const JOBS = ["project", "attend", "qkv", "read", "output", "gateUp", "down", "logits"] as const;
export type JobKind = (typeof JOBS)[number];

export interface Job extends Rows {
  readonly kind: JobKind;
  /** 0 for `logits`, which is of no layer. */
  readonly layer: number;
}

/** Does one thread's part of a job. */
export function work(steps: Steps, { kind, layer, row, count }: Job, thread: number, threads: number): void {
  const rows = { row, count };
  const part = { index: thread, of: threads };
  switch (kind) {
    case "project":
    case "attend": {
      const [from, to] = shareOf(count, thread, threads);
      if (from < to) steps[kind](layer, { row: row + from, count: to - from });
      return;
    }
    case "logits":
      steps.logits(rows, part);
      return;
    default:
      steps[kind](layer, rows, part);
  }
}

/** Rows in equal shares, in fours as the kernels take them. */
function shareOf(count: number, thread: number, threads: number): readonly [from: number, to: number] {
  const each = Math.ceil(count / threads / 4) * 4;
  return [Math.min(count, each * thread), Math.min(count, each * (thread + 1))];
}
