import type { FaultCase } from "./fault-case.js";

/** Text that is taken for something else by whoever shows it. */
export const INJECTION: readonly FaultCase[] = [];
