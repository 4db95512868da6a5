import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: "test/built.ts",
    include: ["test/**/*.test.ts"],
    exclude: ["test/**/*.slow.test.ts", "test/others/**", "node_modules/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A few processes run all files one after the other, each module loaded once: a third of the time is saved.
    isolate: false,
    maxWorkers: 4,
    // As the engine's own process is started.
    execArgv: ["--no-liftoff"],
  },
});
