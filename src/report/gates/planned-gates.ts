import { OptionError } from "../../domain/errors/errors.js";
import type { Gate, GateMetric } from "../../domain/records/gate.js";
import { fewestFor } from "../../stats/quantile.js";

/** How many of something a run will have, and what says so, such as `--requests`. */
export interface Planned {
  readonly count: number;
  readonly by: string;
}

/** What is known of a run before it begins, as far as it decides whether gates can be judged. */
export interface GatePlan {
  /** The requests of the row that has the fewest of such times; null where that is not known. */
  requests(time: GateMetric & { readonly kind: "time" }): Planned | null;
  /** Why no row is compared with another; null where some are. */
  readonly alone: string | null;
  /** What an interval is made of, and how many it needs. */
  readonly interval: (Planned & { readonly needs: number; readonly of: string }) | null;
}

/**
 * Refuses gates that a run can't be judged by, whatever its numbers, before it begins.
 *
 * @throws OptionError
 */
export function requireJudgeable(gates: readonly Gate[] | undefined, plan: GatePlan): void {
  for (const { metric, text } of gates ?? []) {
    const reason = whyUnjudgeable(metric, plan);
    if (reason !== null) throw new OptionError("--fail-if", `can't be judged by this run: ${reason}`, text);
  }
}

const COMPARING: ReadonlySet<string> = new Set(["speedup", "speedup_low", "difference"]);
const WITH_INTERVAL: ReadonlySet<string> = new Set(["speedup_low", "overhead_high"]);

function whyUnjudgeable(metric: GateMetric, { requests, alone, interval }: GatePlan): string | null {
  if (metric.kind === "time") {
    if (typeof metric.statistic !== "number") return null;
    const [needed, planned] = [fewestFor(metric.statistic / 100), requests(metric)];
    if (planned === null || planned.count >= needed) return null;
    return `a p${metric.statistic} needs ${needed} requests, and a row has ${planned.count} (${planned.by})`;
  }
  const name = metric.kind === "number" ? metric.name : null;
  if (alone !== null && (name === null || COMPARING.has(name))) return alone;
  if (name === null || !WITH_INTERVAL.has(name) || interval === null || interval.count >= interval.needs)
    return null;
  const { needs, of, count, by } = interval;
  return `${name} is the end of an interval, which needs ${needs} ${of}, and a row has ${count} (${by})`;
}

/** Why methods chosen by name have no speed-up: it is over full prefill. */
export const aloneWithout = (methods: readonly string[] | undefined, isAgain = false): string | null =>
  methods === undefined || (methods.includes("full_prefill") && (methods.length > 1 || isAgain))
    ? null
    : "methods are compared with full prefill, so --methods must name full and another one";
