// node notebooks/check.mjs [--write] [NAME…]: runs the notebooks top to bottom in the real kernel, and fails when a cell
// does, when a chart lacks one of its forms, or when the committed outputs are of another shape than the new ones.
// --write puts the new outputs in place of the committed ones.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { jupyterVariables, notebooks, prepare, program } from "./environment.mjs";

const CHART_FORMS = ["application/vnd.plotly.v1+json", "image/svg+xml", "text/html", "text/plain"];
const LARGEST_BYTES = 1_500_000;
const MOST_CELLS = 15;

const write = process.argv.includes("--write");
const asked = process.argv.slice(2).filter((word) => word !== "--write");
const all = readdirSync(notebooks).filter((name) => name.endsWith(".ipynb"));
const names = asked.length === 0 ? all : asked.map((name) => `${name}.ipynb`);
const fresh = resolve(notebooks, "../build/notebooks");

prepare();
mkdirSync(fresh, { recursive: true });
const problems = names.flatMap((name) => {
  const began = performance.now();
  const found = check(name);
  console.log(
    `${found.length === 0 ? "✓" : "✗"} ${name}, ${Math.round((performance.now() - began) / 1000)} s`,
  );
  return found.map((problem) => `${name}: ${problem}`);
});
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function check(name) {
  const output = ["--to", "notebook", "--output-dir", fresh];
  const options = ["--ExecutePreprocessor.record_timing=False", "--ExecutePreprocessor.timeout=300"];
  const { status, stderr } = spawnSync(
    program("jupyter"),
    ["nbconvert", "--execute", ...output, ...options, name],
    { cwd: notebooks, env: jupyterVariables, encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] },
  );
  if (status !== 0) return [`could not be run:\n${stderr.trim().split("\n").slice(-25).join("\n")}`];

  const made = read(fresh, name);
  const committed = read(notebooks, name);
  if (write) writeFileSync(join(notebooks, name), readFileSync(join(fresh, name)));
  const problems = made.flatMap((cell, index) => [
    ...cellProblems(cell),
    ...(write || sameShape(cell, committed[index]) ? [] : [staleness(cell, committed[index])]),
  ]);
  const bytes = statSync(join(fresh, name)).size;
  if (bytes > LARGEST_BYTES) problems.push(`has ${bytes} bytes, more than ${LARGEST_BYTES}`);
  if (made.length > MOST_CELLS) problems.push(`has ${made.length} cells, more than ${MOST_CELLS}`);
  return problems;
}

function read(folder, name) {
  return JSON.parse(readFileSync(join(folder, name), "utf8")).cells;
}

function formsOf({ data = {} }) {
  return Object.keys(data).sort();
}

/** What is wrong with a cell whatever was committed. */
function cellProblems({ id, source, outputs = [] }) {
  const drawsChart = /\.\w*[cC]hart\b|\bfigure:/.test(source.join(""));
  const chart = outputs.find((output) => formsOf(output).includes(CHART_FORMS[0]));
  return [
    ...outputs.filter(({ output_type }) => output_type === "error").map(({ evalue }) => `${id}: ${evalue}`),
    ...outputs.filter(({ name }) => name === "stderr").map(({ text }) => `${id} wrote to stderr: ${text}`),
    ...(drawsChart && chart === undefined ? [`${id} shows no chart`] : []),
    ...(chart !== undefined && String(formsOf(chart)) !== String(CHART_FORMS)
      ? [`${id} shows a chart without all of its forms: ${formsOf(chart).join(", ")}`]
      : []),
  ];
}

/** What a cell shows, by kind and form; pieces of one stream are one, for where they are cut is chance. */
function shapeOf({ outputs = [] } = {}) {
  return outputs
    .map((output) => output.name ?? formsOf(output).join("+"))
    .filter((shape, index, shapes) => shape !== shapes[index - 1] || !["stdout", "stderr"].includes(shape));
}

function sameShape(made, committed) {
  return String(shapeOf(made)) === String(shapeOf(committed));
}

function staleness(made, committed) {
  return `${made.id} was committed with [${shapeOf(committed)}] and now shows [${shapeOf(made)}]: run check.mjs --write`;
}
