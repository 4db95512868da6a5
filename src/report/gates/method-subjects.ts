import { cutPrompts } from "../../domain/records/cut-prompt.js";
import { datasetName } from "../../domain/records/dataset-name.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import type { BlendRecord, QualityRecord } from "../../domain/records/record-kinds.js";
import { formatCount } from "../../tables/format.js";
import { BLEND_SETTING, inputLengthOf } from "../context-length.js";
import { measureGroup } from "../methods/blend-group.js";
import { methodGroups } from "../methods/method-groups.js";
import { type QualityTableOptions, qualityComparisons } from "../methods/quality-table.js";
import { estimated, failures, speedups, timeIn, valueIn } from "./gate-values.js";
import type { GateSubject } from "./judge-gates.js";

/** The rows of a length table for gates: each method at each input length. */
export function blendSubjects(rows: readonly BlendRecord[], firstToken: FirstToken): GateSubject[] {
  const counting = { isCut: cutPrompts(rows), firstToken };
  const { groups } = methodGroups<BlendRecord>(rows, undefined, BLEND_SETTING);
  const lengths = [...new Set(rows.map(inputLengthOf))].sort((a, b) => a - b);
  return lengths.flatMap((length) =>
    groups.flatMap((group) =>
      measureGroup(group, length, counting).measured.map(
        ({ method, baseline, cell, speedup }): GateSubject => {
          const numbers = {
            ...failures(cell.failed, cell.requests),
            ...(baseline === method.name ? {} : speedups(speedup)),
            ...{
              unproven: cell.evidence.unproven,
              contradicted: cell.evidence.contradicted,
              cut: cell.cut.length,
            },
          };
          return {
            name: `${method.name} at ${formatCount(length)} tokens`,
            valueOf: (metric) =>
              valueIn(metric, numbers, (time) => timeIn(cell.counted, time, firstToken, "")),
          };
        },
      ),
    ),
  );
}

/** The rows of a quality table for gates: each method on each dataset. */
export function qualitySubjects(
  rows: readonly QualityRecord[],
  options: Pick<QualityTableOptions, "margin" | "firstToken" | "showTtft">,
): GateSubject[] {
  const { parts, counting } = qualityComparisons(rows, options);
  const { firstToken } = counting;
  return parts
    .flatMap(({ compared }) => compared)
    .map((one): GateSubject => {
      const { times, estimates, is_baseline } = one;
      const numbers = {
        ...failures(one.failed_n, one.requests_n),
        score: one.score ?? { missing: "no answer counted" },
        ...(is_baseline ? {} : { difference: estimated(estimates.difference), ...speedups(times.speedup) }),
        ...(estimates.retained === null ? {} : { retained: estimated(estimates.retained) }),
        ...{ unproven: one.unproven_n, contradicted: one.contradicted_n, cut: one.cut_n },
      };
      return {
        name: `${one.label} on ${datasetName(one)}, ${one.metric}`,
        valueOf: (metric) => {
          if (metric.kind !== "no worse")
            return valueIn(metric, numbers, (time) =>
              timeIn(times.counted, time, firstToken, times.reason ?? ""),
            );
          if (is_baseline) return undefined;
          if (one.non_inferior === null) {
            const { difference } = estimates;
            return { missing: "reason" in difference ? difference.reason : "nothing to compare" };
          }
          return one.non_inferior === "yes" ? 1 : 0;
        },
      };
    });
}
