import type { FirstToken } from "../../domain/records/first-token.js";
import type { Gate } from "../../domain/records/gate.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import { ttftSubjects } from "../../report/gates/ttft-subjects.js";
import type { Console } from "./console.js";
import { gateFailed, sayGates } from "./gates-screen.js";

/** Judges gates on the records of a run, says which fail and why, and returns whether one does. */
export const ttftGatesFail = (
  console: Pick<Console, "err">,
  gates: readonly Gate[] | undefined,
  records: readonly TtftRecord[],
  firstToken: FirstToken,
): boolean => gateFailed(sayGates(console, gates, () => ttftSubjects(records, firstToken)));
