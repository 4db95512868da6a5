// node notebooks/check.mjs [--write] [NAME…]: runs the notebooks top to bottom in the real kernel, and fails when a cell
// does, when a chart lacks one of its forms, or when the committed outputs are of another shape than the new ones.
// --write puts the new outputs in place of the committed ones; then they run one after the other, for their times are
// kept.
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
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
const waiting = [...names];
const problems = [];
await Promise.all(Array.from({ length: write ? 1 : 2 }, checkWaiting));
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

async function checkWaiting() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const began = performance.now();
    const found = await check(name);
    console.log(
      `${found.length === 0 ? "✓" : "✗"} ${name}, ${Math.round((performance.now() - began) / 1000)} s`,
    );
    problems.push(...found.map((problem) => `${name}: ${problem}`));
  }
}

async function check(name) {
  const output = ["--to", "notebook", "--output-dir", fresh];
  const options = ["--ExecutePreprocessor.record_timing=False", "--ExecutePreprocessor.timeout=600"];
  try {
    await promisify(execFile)(program("jupyter"), ["nbconvert", "--execute", ...output, ...options, name], {
      cwd: notebooks,
      env: jupyterVariables,
    });
  } catch ({ stderr, message }) {
    const reason = (stderr ?? message).trim().split("\n").slice(-25).join("\n");
    return [`could not be run:\n${reason}`];
  }

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
