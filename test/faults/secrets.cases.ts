import type { FaultCase } from "./fault-case.js";

/** How a key could get out. */
export const SECRETS: readonly FaultCase[] = [];
