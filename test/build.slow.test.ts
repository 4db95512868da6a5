import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";

const BUILD = resolve(import.meta.dirname, "../build.mjs");

let folder: string;
const write = (name: string, text: string) => {
  mkdirSync(join(folder, dirname(name)), { recursive: true });
  writeFileSync(join(folder, name), text);
};
const remove = (name: string) => rmSync(join(folder, name));
const build = (verb: string) => {
  const { status, stderr } = spawnSync(process.execPath, [BUILD, verb], { cwd: folder, encoding: "utf8" });
  return status === 0 ? "done" : stderr;
};

const sealed = mkdtempSync(join(tmpdir(), "built-"));
beforeAll(() => {
  folder = sealed;
  for (const name of ["asconfig.json", "tsconfig.build.json", "tsconfig.json"]) write(name, "{}");
  for (const name of ["index", "load/worker"]) {
    write(`src/${name}.ts`, "export {};");
    write(`dist/${name}.js`, "export {};");
  }
  write("src/engine/kernels/index.ts", "export {};");
  write("dist/engine/kernels.wasm", "");
  expect(build("seal")).toBe("done");
});
afterAll(() => rmSync(sealed, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "build-"));
  cpSync(sealed, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

it("what was built from these sources is used, whenever they were written", () => {
  expect(build("check")).toBe("done");
  write("src/load/worker.ts", "export {};");
  expect(build("check")).toBe("done");
});

it.each([
  [
    "a source has changed",
    () => write("src/load/worker.ts", "export const a = 1;"),
    "src/ has changed since dist/ was built",
  ],
  ["a kernel has", () => write("src/engine/kernels/index.ts", ""), "src/ has changed since dist/ was built"],
  ["a compiler's setting has", () => write("tsconfig.json", "[]"), "src/ has changed since dist/ was built"],
  ["a source is new", () => write("src/new.ts", ""), "dist/new.js is not there"],
  ["a source is gone", () => remove("src/load/worker.ts"), "dist/load/worker.js has no source any more"],
  ["a built file is gone", () => remove("dist/load/worker.js"), "dist/load/worker.js is not there"],
  ["the kernels are gone", () => remove("dist/engine/kernels.wasm"), "dist/engine/kernels.wasm is not there"],
  ["the last build failed", () => remove("dist/.built-from"), "src/ has changed since dist/ was built"],
  ["nothing was built", () => build("clear"), "dist/engine/kernels.wasm is not there"],
])("a build is asked for in a sentence where %s", (_, change, why) => {
  change();
  expect(build("check")).toBe(`${why}: npm run build\n`);
  expect(build("current")).toBe(`${why}: npm run build\n`);
});

it("what is packed names the commit it was built at", () => {
  expect(build("current")).toBe("done");
  write("dist/revision", "0123456789abcdef0123456789abcdef01234567");
  expect(build("check")).toBe("done");
  expect(build("current")).toBe("dist/ was built at another commit: npm run build\n");
});

it("packing what is built leaves every file of it in place, for other programs run from there", () => {
  const { scripts } = JSON.parse(readFileSync(join(BUILD, "../package.json"), "utf8"));
  const built = () => statSync(join(folder, "dist/index.js")).ino;
  write(
    "package.json",
    JSON.stringify({
      name: "packed",
      version: "1.0.0",
      scripts: { ...scripts, build: "node build.mjs clear" },
    }),
  );
  copyFileSync(BUILD, join(folder, "build.mjs"));
  const before = built();
  execFileSync("npm", ["pack", "--dry-run"], { cwd: folder, stdio: "ignore" });
  expect(built()).toBe(before);
});

it("nothing is left of an earlier build", () => {
  expect(build("clear")).toBe("done");
  expect(existsSync(join(folder, "dist"))).toBe(false);
});
