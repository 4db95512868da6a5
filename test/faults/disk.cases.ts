import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type FaultCase, sweep } from "./fault-case.js";

/** What a disk does wrong. */
export const DISK: readonly FaultCase[] = [
  {
    name: "a folder stands where a sweep's log is to be",
    prepare: ({ folder }) =>
      void mkdirSync(join(folder, "sweep", "all_ttft_results.jsonl"), { recursive: true }),
    command: sweep(1),
    exit: 1,
    says: ["exists already"],
    log: null,
  },
];
