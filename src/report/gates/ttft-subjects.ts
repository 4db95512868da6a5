import type { FirstToken } from "../../domain/records/first-token.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import { random } from "../../stats/random.js";
import { formatCount } from "../../tables/format.js";
import { coldOverWarm } from "../ttft/cold-over-warm.js";
import type { TtftCell } from "../ttft/ttft-cell.js";
import { ttftGroups } from "../ttft/ttft-groups.js";
import { whyNoMedian } from "../ttft/ttft-notes.js";
import { failures, speedups, timeIn, valueIn } from "./gate-values.js";
import type { GateSubject } from "./judge-gates.js";

const STATES = ["cold", "warm", "flushed", "unstated"] as const;

/** The rows of a TTFT table for gates: each label at each context, with its cold, warm and flushed requests separately. */
export function ttftSubjects(rows: readonly TtftRecord[], firstToken: FirstToken): GateSubject[] {
  return ttftGroups(rows, { includeContradicted: false, firstToken }).flatMap(({ label, context, cell }) =>
    subjectsOf(`${label} at ${formatCount(context)} tokens`, cell, firstToken),
  );
}

/** A cell of a TTFT table as rows for gates, which are named after it. */
export function subjectsOf(name: string, cell: TtftCell, firstToken: FirstToken): GateSubject[] {
  const { outcomes, evidence, cut } = cell;
  const all = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  const numbers = {
    ...failures(all - outcomes.ok, all),
    ...speedups(coldOverWarm(cell, random("ttft table"))),
    ...{ unproven: evidence.unproven, contradicted: evidence.contradicted, cut: cut.length },
  };
  return [
    { name, valueOf: (metric) => valueIn(metric, numbers, null) },
    ...STATES.filter((state) => cell.requests[state] > 0).map(
      (state): GateSubject => ({
        name: state === "unstated" ? name : `${name}, ${state}`,
        valueOf: (metric) =>
          valueIn(metric, {}, (time) =>
            time.state !== null && time.state !== state
              ? undefined
              : timeIn(cell.counted[state], time, firstToken, whyNoMedian(cell, state)),
          ),
      }),
    ),
  ];
}
