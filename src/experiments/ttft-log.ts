import type { Server } from "../client/server.js";
import type { TtftRecord } from "../domain/ttft-record.js";
import { openRunLog, type RunLog } from "../logs/run-log.js";
import { parseTtftRecord } from "../logs/ttft-lines.js";
import { ifExists, writeRunPage } from "./experiment-log.js";

/** Opens a TTFT log and writes the page about its run beside it. */
export async function openTtftLog(
  options: { readonly log: string; readonly resume: boolean; readonly overwrite: boolean },
  server: Server,
  seed: number | string | null,
  facts: Readonly<Record<string, unknown>>,
): Promise<RunLog<TtftRecord>> {
  const log = openRunLog(options.log, ifExists(options), parseTtftRecord);
  await writeRunPage(options.log, [server], seed, facts);
  return log;
}
