import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

const MODULE = new URL("../../dist/cli/exit-with.js", import.meta.url).href;

/** Runs a program that hands a promise to `exitWith`. */
const run = (promise: string) =>
  spawnSync(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import { exitWith } from ${JSON.stringify(MODULE)}; exitWith(${promise});`,
    ],
    { encoding: "utf8" },
  );

it.each([
  ["a code", "Promise.resolve(0)", 0],
  ["a code that is no success", "Promise.resolve(2)", 2],
  ["a code later", "new Promise((settle) => setTimeout(settle, 20, 0))", 0],
])("a command that gives %s ends with it, silently", (_, promise, code) => {
  const { status, stderr } = run(promise);
  expect([status, stderr]).toEqual([code, ""]);
});

it("a command that can never be done fails and says so", () => {
  const { status, stderr } = run("new Promise(() => {})");
  expect(status).toBe(1);
  expect(stderr).toMatch(/^\nfirsttoken ended before it was done/);
});

it("a command that ends the process itself is left alone", () => {
  const { status, stderr } = run("new Promise(() => process.exit(130))");
  expect([status, stderr]).toEqual([130, ""]);
});
