import type { FaultCase } from "./fault-case.js";

/** What is far larger than it looks. */
export const BOMBS: readonly FaultCase[] = [];
