// What `npm run build` does around the compilers, in the folder where it is run:
//
//   node build.mjs clear   removes dist/, so that nothing stays whose source is gone
//   node build.mjs seal    writes down what dist/ was built from, and at which commit
//   node build.mjs check   fails if that is not what src/ is now, or if dist/ is not whole; vitest asks before it runs a test
//   node build.mjs current fails as check does, and if dist/ names another commit; `prepare` asks, so that installing or packing
//                          what is already built clears nothing under a program that runs
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SEAL = join("dist", ".built-from");
const REVISION = join("dist", "revision");
const SETTINGS = ["asconfig.json", "tsconfig.build.json", "tsconfig.json"];
const KERNELS = join("engine", "kernels");

const filesIn = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .sort()
    : [];

/** The hash of every source, with its name. Times would not do: a checkout and a copy set them anew. */
function sourcesHash() {
  const hash = createHash("sha256");
  for (const path of [...SETTINGS, ...filesIn("src").map((name) => join("src", name))])
    hash.update(`${path}\0`).update(readFileSync(path)).update("\0");
  return hash.digest("hex");
}

/** What a source becomes; all kernels become one module of WebAssembly. */
const builtFrom = (name) => (name.startsWith(KERNELS) ? `${KERNELS}.wasm` : name.replace(/\.ts$/, ".js"));

/** Why dist/ is not what src/ makes; null where it is. */
function whyStale() {
  const expected = new Set(filesIn("src").map(builtFrom));
  const built = new Set(filesIn("dist").filter((name) => /\.(js|wasm)$/.test(name)));
  for (const name of expected) if (!built.has(name)) return `${join("dist", name)} is not there`;
  for (const name of built) if (!expected.has(name)) return `${join("dist", name)} has no source any more`;
  const seal = existsSync(SEAL) ? readFileSync(SEAL, "utf8") : null;
  return seal === sourcesHash() ? null : "src/ has changed since dist/ was built";
}

const builtAt = () => (existsSync(REVISION) ? readFileSync(REVISION, "utf8") : null);

/** The commit of this checkout, `-dirty` behind it where files differ from it; empty outside of one. */
function revision() {
  if (!existsSync(".git")) return "";
  const describe = ["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"];
  const { stdout, status } = spawnSync("git", describe, { encoding: "utf8" });
  return status === 0 ? stdout : "";
}

const verb = process.argv[2];
if (verb === "clear") rmSync("dist", { recursive: true, force: true });
else if (verb === "seal") {
  writeFileSync(SEAL, sourcesHash());
  writeFileSync(REVISION, revision());
} else if (verb === "check" || verb === "current") {
  const moved = verb === "current" && builtAt() !== revision();
  const why = whyStale() ?? (moved ? "dist/ was built at another commit" : null);
  if (why !== null) {
    console.error(`${why}: npm run build`);
    process.exit(1);
  }
} else throw new Error(`clear, seal, check or current; received ${verb}`);
