/** How often a property is tried, or a simulation repeated: `few` times in the fast tests, `many` in `many-runs.slow.test.ts`. */
export const runs = (few: number, many: number): number => (process.env.MANY_RUNS === "1" ? many : few);
