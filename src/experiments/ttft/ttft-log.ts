import type { Server } from "../../client/server.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import type { RunLog } from "../../logs/files/run-log.js";
import { parseTtftRecord } from "../../logs/records/record-lines.js";
import { type CheckedLogOptions, type LoggedRun, openExperimentLog } from "../experiment-log.js";

/** Opens a TTFT log and writes the manifest of its run beside it. */
export function openTtftLog(
  options: CheckedLogOptions,
  server: Server,
  run: Pick<LoggedRun<TtftRecord>, "seed" | "options"> & Partial<LoggedRun<TtftRecord>>,
): Promise<RunLog<TtftRecord>> {
  return openExperimentLog(options, {
    mayDiffer: {},
    expected: () => ({}),
    ...run,
    servers: [server],
    parse: parseTtftRecord,
  });
}
