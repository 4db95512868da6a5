import type { FirstToken } from "../../domain/records/first-token.js";
import type { Gate } from "../../domain/records/gate.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import { requireJudgeable } from "../../report/gates/planned-gates.js";
import { ttftSubjects } from "../../report/gates/ttft-subjects.js";
import { FEWEST_VALUES } from "../../stats/interval.js";
import type { Console } from "./console.js";
import { gateFailed, sayGates } from "./gates-screen.js";

/**
 * Refuses gates that such a run can't be judged by: it has one cold request, and one behind a flush.
 *
 * @throws OptionError
 */
export function requireTtftGates(gates: readonly Gate[] | undefined, following: number): void {
  requireJudgeable(gates, {
    requests: ({ state }) =>
      state === "warm"
        ? { count: following, by: "--num_following" }
        : { count: 1, by: "one cold request; `firsttoken sweep --runs` has more" },
    alone: following > 0 ? null : "there are no warm requests (--num_following)",
    interval: {
      count: 1,
      needs: FEWEST_VALUES,
      of: "cold requests",
      by: "`firsttoken sweep --runs` has more",
    },
  });
}

/** Judges gates on the records of a run, says which fail and why, and returns whether one does. */
export const ttftGatesFail = (
  console: Pick<Console, "err">,
  gates: readonly Gate[] | undefined,
  records: readonly TtftRecord[],
  firstToken: FirstToken,
): boolean => gateFailed(sayGates(console, gates, () => ttftSubjects(records, firstToken)));
