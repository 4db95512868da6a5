// node kernel.js TOOLS CONNECTION_FILE: tslab as a Jupyter kernel that also finds the packages in TOOLS, so that a notebook in
// any folder can import firsttoken, danfojs-node and tslab. Packages in or above the notebook's own folder come first. What is
// imported while a cell runs is found by NODE_PATH, which the kernel's specification sets; the types are found here.
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageElsewhere } from "./packages-elsewhere.js";

interface Files {
  fileExists(path: string): boolean;
  directoryExists(path: string): boolean;
  readFile(path: string, encoding?: string): string | undefined;
  realpath(path: string): string;
  getDirectories(path: string): string[];
}

interface Kernel {
  startKernel(options: { readonly configPath: string; readonly enableFindLocal: boolean }): void;
}

const [tools = "", configPath = ""] = process.argv.slice(2);
const require = createRequire(join(tools, "node_modules", "tslab", "dist", "main.js"));
const { sys } = require("@tslab/typescript-for-tslab") as { readonly sys: Files };
const { fileExists, directoryExists, readFile, realpath, getDirectories } = sys;

const withSlashes = (path: string): string => path.replaceAll("\\", "/");
const places = { cwd: withSlashes(process.cwd()), tools: withSlashes(tools) };
const found = (path: string): string => packageElsewhere(path, places, directoryExists);
const types = `${places.cwd}/node_modules/@types`;
Object.assign(sys, {
  fileExists: (path: string) => fileExists(found(path)),
  directoryExists: (path: string) => directoryExists(found(path)),
  readFile: (path: string, encoding?: string) => readFile(found(path), encoding),
  realpath: (path: string) => realpath(found(path)),
  // Types such as Node's are no import: they are looked for in this folder by listing it.
  getDirectories: (path: string) =>
    path !== types
      ? getDirectories(path)
      : [...new Set([types, `${places.tools}/node_modules/@types`].flatMap(getDirectories))],
} satisfies Files);

(require("./main.js") as Kernel).startKernel({ configPath, enableFindLocal: false });
