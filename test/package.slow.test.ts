import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { jupyter, prepare } from "./notebook/prepare.js";

const root = resolve(import.meta.dirname, "..");
const project = join(mkdtempSync(join(tmpdir(), "package-")), "empty project");

const run = (command: string, args: readonly string[], cwd = project) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const write = (name: string, text: string) => writeFileSync(join(project, name), text);

/** What a user would write first, but for the way the package is loaded. */
const USE = `
  engine.serve({ model: "tiny", port: 0 }).then(async (serving) => {
    const server = await connect(serving.url);
    const rows = await ttft.run({ server, contextTokens: [64], runs: 1, log: process.argv[2] });
    console.log(rows.map((row) => row.cache_state + " " + row.outcome + " " + row.evidence).join(", "));
    server.close();
    await serving.close();
  });
`;

beforeAll(() => {
  mkdirSync(project);
  run("npm", ["pack", "--pack-destination", project], root);
  const tarball = readdirSync(project).find((name) => name.endsWith(".tgz"))!;
  write("package.json", `{ "name": "consumer", "private": true }`);
  run("npm", ["install", "--prefer-offline", `./${tarball}`]);
});

describe("the packed library in an empty project", () => {
  it("measures the embedded engine from an ES module", () => {
    write("use.mjs", `import { connect, engine, ttft } from "firsttoken";${USE}`);
    expect(run("node", ["use.mjs", "esm.jsonl"])).toBe("cold ok proven, warm ok proven\n");
  });

  it("measures the embedded engine through require", () => {
    write("use.cjs", `const { connect, engine, ttft } = require("firsttoken");${USE}`);
    expect(run("node", ["use.cjs", "cjs.jsonl"])).toBe("cold ok proven, warm ok proven\n");
  });

  it("has a command line", () => {
    expect(run("npx", ["firsttoken", "--help"])).toContain("firsttoken demo");
  });

  it("registers a kernel that finds firsttoken, danfojs-node and tslab in a folder that has no packages", () => {
    if (prepare("all") !== null) return;
    const { python, variables } = jupyter();
    const empty = mkdtempSync(join(tmpdir(), "notebooks-"));
    const [copies, data] = [join(empty, "copies"), join(empty, "data")];
    const environment = {
      ...variables,
      JUPYTER_DATA_DIR: data,
      JUPYTER_PATH: data,
      FIRSTTOKEN_JUPYTER: join(empty, "tools"),
    };
    const inEnvironment = { cwd: project, encoding: "utf8", env: environment } as const;
    execFileSync("npx", ["firsttoken", "notebook", copies, "--register"], {
      ...inEnvironment,
      stdio: "pipe",
    });
    expect(readdirSync(copies)).toContain("index.ipynb");
    expect(readdirSync(copies).filter((name) => !/\.ipynb$|^\./.test(name))).toEqual([]);
    const [cell] = JSON.parse(readFileSync(join(copies, "index.ipynb"), "utf8")).cells.filter(
      ({ cell_type }: { cell_type: string }) => cell_type === "code",
    );
    const types = `import { DataFrame } from "danfojs-node";
      import * as tslab from "tslab";
      import { stats } from "firsttoken";
      const median: number = stats.quantile([1, 2, 3], 0.5);
      console.log(new DataFrame([[1, 2]]).shape, typeof tslab.display, median);`;
    const misspelt = `import { ttft } from "firsttoken"; ttft.table([], { baselin: "x" });`;
    const answers = join(empty, "answers.json");
    const cells = [cell.source.join(""), types, misspelt].map((code) => ({ code }));
    const script = join(root, "test", "notebook", "run-cells.py");
    execFileSync(python, [script, answers], {
      ...inEnvironment,
      input: JSON.stringify({ folder: copies, cells }),
      stdio: "pipe",
    });
    const ran: { status: string; outputs: { text: string }[] }[] = JSON.parse(readFileSync(answers, "utf8"));
    expect(ran.map(({ status }) => status)).toEqual(["ok", "ok", "error"]);
    const said = ran.map(({ outputs }) => outputs.map(({ text }) => text).join(""));
    expect(said.slice(0, 2)).toEqual([cell.outputs[0].text.join(""), "[ 1, 2 ] object 2\n"]);
    expect(said[2]).toContain("Did you mean to write 'baseline'?");
  });

  it("has types that TypeScript 5.0 reads, resolved the old way as tslab does", () => {
    write(
      "typed.ts",
      `import { connect, mock, stats, ttft } from "firsttoken";
       export const reading: { readonly onBadLine?: "throw" | "skip" } = {} satisfies Parameters<typeof ttft.read>[1];
       export const middle: number = stats.quantile([1, 2, 3], 0.5);
       export const load: mock.MockOptions = { chunks: 3 };
       export async function use() {
         const rows = await ttft.read({ "vLLM": "a.jsonl", "vLLM + LMCache": "b.jsonl" });
         ttft.table(rows, { baseline: "vLLM" });
         // @ts-expect-error: a misspelt baseline
         ttft.table(rows, { baseline: "vLMM" });
         ttft.prompts.table(rows, { language: "zh" });
         // @ts-expect-error: a language there is not
         ttft.prompts.table(rows, { language: "de" });
         return connect("http://localhost:8000/v1");
       }`,
    );
    const compilerOptions = {
      skipLibCheck: true,
      noEmit: true,
      strict: true,
      target: "es2022",
      moduleResolution: "node",
      types: [],
    };
    write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["typed.ts"] }));
    const tsc = join(root, "node_modules/typescript-5.0/bin/tsc");
    expect(run("node", [tsc, "--project", "."])).toBe("");
  });
});
