import { defineConfig } from "vitest/config";

/** The long suites: they install packages, and take minutes. */
export default defineConfig({
  test: {
    globalSetup: "test/built.ts",
    include: ["test/**/*.slow.test.ts"],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    maxWorkers: 1,
    // Properties are tried more often than in the fast tests: test/support/runs.ts.
    env: { MANY_RUNS: "1" },
    execArgv: ["--no-liftoff"],
  },
});
