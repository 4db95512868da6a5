/** The most repetitions of anything: the plan of a run must have room in memory. */
export const MOST_REPEATED = 1_000_000;

/** The longest context in tokens whose text has room in a string. */
export const MOST_CONTEXT_TOKENS = 100_000_000;

/** The most requests of a load. */
export const MOST_REQUESTS = 100_000_000;
