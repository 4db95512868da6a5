import type { FirstToken } from "../../domain/records/first-token.js";
import { type Objectives, objectivesOf } from "../../domain/records/objectives.js";
import type { LoadRecord } from "../../domain/records/record-kinds.js";
import { loadName } from "../load/load-notes.js";
import { measureLoad, whyNoThroughput } from "../load/load-row.js";
import { loadCells } from "../load/measures/load-cell.js";
import { loadLevels } from "../load/measures/load-level.js";
import { loadBaselines } from "../load/measures/load-speedup.js";
import { endOf, estimated, failures, speedups, valueIn } from "./gate-values.js";
import { type GateSubject, type GateValue, statisticOf } from "./judge-gates.js";

/** The rows of a load table for gates: each label at each level. A level that never settled has no times. */
export function loadSubjects(
  rows: readonly LoadRecord[],
  {
    firstToken = "content",
    slo,
    baseline,
  }: { readonly firstToken?: FirstToken; readonly slo?: Objectives; readonly baseline?: string } = {},
): GateSubject[] {
  const objectives = slo === undefined ? [] : objectivesOf(slo);
  const cells = loadCells(loadLevels(rows), rows, firstToken);
  const baselines = loadBaselines(cells, baseline);
  return cells.map((cell): GateSubject => {
    const { goodput, speedup, requestsPerSecond, shares } = measureLoad(cell, baselines?.(cell) ?? null, {
      ...{ firstToken, objectives },
    });
    const unless = (value: number | null, missing: string): GateValue => value ?? { missing };
    const noObjective = { missing: "no objective was stated (--slo, slo)" };
    const numbers = {
      ...failures(cell.failed, cell.requests.length),
      ...(speedup === null ? {} : speedups(speedup)),
      goodput: goodput === null ? noObjective : estimated(goodput.perSecond),
      goodput_low: goodput === null ? noObjective : endOf(goodput.perSecond, "low"),
      goodput_share:
        goodput === null
          ? noObjective
          : (goodput.share ?? {
              missing: "reason" in goodput.perSecond ? goodput.perSecond.reason : "not known",
            }),
      requests_per_second: unless(requestsPerSecond, whyNoThroughput(cell)),
      cached_share: unless(shares.reported, "the server does not report cached tokens"),
      unsettled:
        cell.judged === 0
          ? {
              missing:
                cell.ramp === null
                  ? "too few requests to tell whether TTFT was steady"
                  : "a ramp has no steady level",
            }
          : Number(cell.unsettled !== null),
      client_limited: cell.limited.length,
      unproven: cell.evidence.unproven,
      contradicted: cell.evidence.contradicted,
      cut: cell.cut.length,
    };
    return {
      name: loadName(cell),
      valueOf: (metric) =>
        valueIn(metric, numbers, ({ time, statistic }) =>
          cell.unsettled === null
            ? statisticOf(cell.times(time).flat(), statistic, cell.whyNone(time))
            : { missing: cell.unsettled },
        ),
    };
  });
}
