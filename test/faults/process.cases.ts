import { type FaultCase, ok, sweep } from "./fault-case.js";
import { nthChat, SILENCE } from "./hostile-server.js";

/** What befalls the process: signals, a reader that goes away, the run that comes after. */
export const PROCESS: readonly FaultCase[] = [
  {
    name: "a sweep is killed while it waits for its fourth answer, and resumed",
    server: nthChat(4, SILENCE),
    command: sweep(2, "--timeout_seconds", "60"),
    stop: { signal: "SIGKILL", at: /Trials: 1 of 4/ },
    exit: "SIGKILL",
    log: ok(3),
    next: { command: sweep(2, "--resume"), exit: 0, log: ok(8) },
  },
];
