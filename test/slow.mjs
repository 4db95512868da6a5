// npm run test:slow [FILE…]: the long suites in two halves side by side, for half of most is waiting. What installs the same package
// is in one half, where one suite runs after the other. Those that compute give way to the others, some of which have time limits.
// The notebooks are run last in the half that computes less.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { setPriority } from "node:os";
import { join, resolve } from "node:path";

/** Suites that compute; the others start processes, browsers and other people's programs. */
const COMPUTING = ["client", "engine", "experiments", "logs", "metrics", "report", "stats"];

const root = resolve(import.meta.dirname, "..");
const asked = process.argv.slice(2);
const suites = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".slow.test.ts"))
  .map((name) => join("test", name));
const computes = (suite) => COMPUTING.some((room) => suite.startsWith(join("test", room, "/")));

const passed = await Promise.all(
  asked.length > 0
    ? [vitest(asked)]
    : [
        vitest(suites.filter(computes), { nice: 10 }),
        vitest(suites.filter((suite) => !computes(suite))).then(
          async (first) => (await notebooks()) && first,
        ),
      ],
);
process.exitCode = passed.every(Boolean) ? 0 : 1;

function vitest(files, options) {
  return run("npx", ["vitest", "run", "--config", "vitest.slow.config.ts", ...files], options);
}

function notebooks() {
  return run(process.execPath, [join("notebooks", "check.mjs")]);
}

/** Whether the program ends well. */
function run(program, options, { nice = 0 } = {}) {
  const child = spawn(program, options, { cwd: root, stdio: "inherit" });
  if (nice > 0) setPriority(child.pid, nice);
  return new Promise((ended) => child.on("close", (code) => ended(code === 0)));
}
