import { defineConfig } from "vitest/config";

/** Measuring with the tools of others: what they need from PyPI takes many minutes and some ten gigabytes. */
export default defineConfig({
  test: {
    globalSetup: "test/built.ts",
    include: ["test/others/**/*.test.ts"],
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
    execArgv: ["--no-liftoff"],
  },
});
