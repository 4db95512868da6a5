// Builds, and runs the tests of the engine, the client and the logs, on every Node that is supported:
//
//   npm run test:nodes [version…]
//
// Each Node comes from npm's package `node` into build/.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/** The oldest that package.json admits, and the newest of each later long-term line when these were pinned. */
const VERSIONS = ["20.19.0", "22.23.3", "24.21.0", "26.10.0"];
const SUITES = ["test/engine", "test/client", "test/logs"];

const root = resolve(import.meta.dirname, "..");

function run(command, args, env = process.env) {
  execFileSync(command, args, { cwd: root, env, stdio: "inherit" });
}

for (const version of process.argv.length > 2 ? process.argv.slice(2) : VERSIONS) {
  const home = join(root, "build", "nodes", version);
  const bin = join(home, "node_modules", ".bin");
  if (!existsSync(join(bin, "node"))) {
    mkdirSync(home, { recursive: true });
    run("npm", ["install", "--prefix", home, "--no-save", "--no-package-lock", `node@${version}`]);
  }
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  const runs = execFileSync(join(bin, "node"), ["--version"], { encoding: "utf8" }).trim();
  if (runs !== `v${version}`) throw new Error(`node@${version} is ${runs}`);
  console.log(`\nNode ${runs}`);
  run("npm", ["run", "build"], env);
  run("npx", ["vitest", "run", ...SUITES], env);
}
