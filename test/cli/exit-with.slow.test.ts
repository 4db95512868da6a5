import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

const MODULE = new URL("../../dist/cli/ending/exit-with.js", import.meta.url).href;
const INTERRUPTION = new URL("../../dist/cli/ending/interruption.js", import.meta.url).href;

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
  expect(stderr).toMatch(/^\nfirsttoken ended too early/);
});

it.each([
  ["a rejection", 'Promise.reject(new TypeError("x is not a function"))', "TypeError: x is not a function"],
  [
    "a callback",
    'new Promise(() => setTimeout(() => { throw new RangeError("too far"); }))',
    "RangeError: too far",
  ],
  ["a promise that nobody awaits", 'new Promise(() => void Promise.reject("lost"))', "lost"],
])("what nobody foresaw is told in a sentence, without a stack: %s", (_, promise, said) => {
  const { status, stderr } = run(promise);
  expect(status).toBe(1);
  expect(stderr).toBe(`\nfirsttoken failed unexpectedly: ${said}. Please report this.\n`);
});

it("what the system refuses is told with its reason", () => {
  const { status, stderr } = run('(await import("node:fs/promises")).writeFile("/dev/full", "x")');
  expect(status).toBe(1);
  expect(stderr).toBe("\nfirsttoken can't go on: write failed: the disk is full.\n");
});

it("what is left open holds no process that is done", () => {
  const { status, stderr } = run("(setInterval(() => {}, 1_000), Promise.resolve(1))");
  expect([status, stderr]).toEqual([1, ""]);
});

it("a command that ends the process itself is left alone", () => {
  const { status, stderr } = run("new Promise(() => process.exit(130))");
  expect([status, stderr]).toEqual([130, ""]);
});

it.each([
  ["at once", "press(), press()"],
  ["while the command ends", "press(), setTimeout(press, 100)"],
  ["after it has ended", "press(), setTimeout(press, 500)"],
])("a second Ctrl-C %s ends with 130 too, not by the signal", (_, presses) => {
  const { status, signal } = run(
    `(async () => {
      const { interruptible } = await import(${JSON.stringify(INTERRUPTION)});
      const press = () => process.kill(process.pid, "SIGINT");
      const work = (signal) => new Promise((_, stop) => {
        signal.addEventListener("abort", () => setTimeout(stop, 200, signal.reason));
        setTimeout(() => { ${presses} }, 20);
        setTimeout(() => {}, 1_000);
      });
      return interruptible(work).catch(() => 130);
    })()`,
  );
  expect([status, signal]).toEqual([130, null]);
});
