// npm run test:slow [FILE…]: the long suites in two halves side by side, for half of most is waiting. What installs the same package
// is in one half, where one suite runs after the other. Those that compute give way to the others, some of which have time limits.
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
const halves =
  asked.length > 0 ? [asked] : [suites.filter(computes), suites.filter((suite) => !computes(suite))];

const codes = await Promise.all(halves.map((files, half) => run(files, halves.length > 1 && half === 0)));
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;

function run(files, givesWay) {
  const vitest = ["vitest", "run", "--config", "vitest.slow.config.ts", ...files];
  const child = spawn("npx", vitest, { cwd: root, stdio: "inherit" });
  if (givesWay) setPriority(child.pid, 10);
  return new Promise((ended) => child.on("close", ended));
}
