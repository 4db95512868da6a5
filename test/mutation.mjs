// Changes the sources that everything is judged by, one place at a time, and asks their tests whether they notice:
//
//   npm run mutation                                  every place of every file below: an hour
//   npm run mutation -- --most 20 --seed 1 [FILE…]    at most 20 places of each file, drawn from a seed
//
// A change that no test notices is printed: a gap in the tests, or a change that means nothing.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import ts from "typescript-5.0";
import { BaseSequencer, createVitest } from "vitest/node";
import { random } from "../dist/stats/random.js";

/** Which tests answer for which sources. */
const ROOMS = {
  "src/stats": ["test/stats"],
  "src/metrics": ["test/metrics"],
  "src/client/cache-evidence.ts": [
    "test/client/cache-evidence.test.ts",
    "test/methods/cache-evidence.test.ts",
  ],
  "src/client/answer/ending.ts": [
    "test/client/answer/ending.test.ts",
    "test/client/one-ending.test.ts",
    "test/client/chat-outcomes.test.ts",
  ],
  "src/client/answer/verdict.ts": [
    "test/client/one-ending.test.ts",
    "test/client/chat-outcomes.test.ts",
    // It judges whole answers too, which only a load asks for.
    "test/load/run-load.test.ts",
  ],
  "src/load/answers/verdict.ts": ["test/client/one-ending.test.ts", "test/load"],
};
const LIMIT_SECONDS = 120;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { most: { type: "string", default: "1e9" }, seed: { type: "string", default: "1" } },
});
const root = resolve(import.meta.dirname, "..");
const { SyntaxKind: K } = ts;

const INSTEAD = new Map([
  [K.LessThanToken, "<="],
  [K.LessThanEqualsToken, "<"],
  [K.GreaterThanToken, ">="],
  [K.GreaterThanEqualsToken, ">"],
  [K.EqualsEqualsEqualsToken, "!=="],
  [K.ExclamationEqualsEqualsToken, "==="],
  [K.PlusToken, "-"],
  [K.MinusToken, "+"],
  [K.AsteriskToken, "/"],
  [K.SlashToken, "*"],
  [K.PercentToken, "*"],
  [K.AsteriskAsteriskToken, "*"],
  [K.AmpersandAmpersandToken, "||"],
  [K.BarBarToken, "&&"],
  [K.QuestionQuestionToken, "&&"],
  [K.PlusEqualsToken, "-="],
  [K.MinusEqualsToken, "+="],
  [K.AsteriskEqualsToken, "/="],
  [K.SlashEqualsToken, "*="],
]);
const METHODS = {
  min: "max",
  max: "min",
  some: "every",
  every: "some",
  floor: "ceil",
  ceil: "floor",
  round: "floor",
};

/** Every change of a source: where, and what stands there instead. */
function changesOf(text) {
  const source = ts.createSourceFile("a.ts", text, ts.ScriptTarget.ES2022, true);
  const changes = [];
  const replace = (node, by) => changes.push({ start: node.getStart(source), end: node.end, by });
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isImportDeclaration(node)) return;
    if (ts.isBinaryExpression(node)) {
      const by = INSTEAD.get(node.operatorToken.kind);
      if (by !== undefined) replace(node.operatorToken, by);
    } else if (ts.isPrefixUnaryExpression(node)) {
      if (node.operator === K.ExclamationToken || node.operator === K.MinusToken)
        replace(node, node.operand.getText());
    } else if (ts.isNumericLiteral(node)) replace(node, `(${node.text} + 1)`);
    else if (node.kind === K.TrueKeyword) replace(node, "false");
    else if (node.kind === K.FalseKeyword) replace(node, "true");
    else if (ts.isPropertyAccessExpression(node) && Object.hasOwn(METHODS, node.name.text))
      replace(node.name, METHODS[node.name.text]);
    else if (
      (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) &&
      node.text !== "" &&
      !ts.isLiteralTypeNode(node.parent)
    )
      replace(node, '""');
    if (ts.isIfStatement(node) || ts.isConditionalExpression(node)) {
      const condition = ts.isIfStatement(node) ? node.expression : node.condition;
      for (const by of ["true", "false"]) replace(condition, by);
    }
    if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) replace(node, ";");
    ts.forEachChild(node, visit);
  };
  visit(source);
  return changes;
}

const filesIn = (path, end) =>
  path.endsWith(".ts")
    ? [path]
    : readdirSync(join(root, path), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(end) && !name.endsWith(".slow.test.ts"))
        .map((name) => join(path, name));

/** The tests in the order they are given. */
class AsGiven extends BaseSequencer {
  sort(files) {
    return files;
  }
}

let changed = { path: "", text: "" };
const vitest = await createVitest(
  "test",
  {
    watch: false,
    bail: 1,
    isolate: false,
    maxWorkers: 1,
    sequence: { sequencer: AsGiven },
    reporters: [{}],
    globalSetup: [],
    exclude: ["test/**/*.slow.test.ts"],
  },
  {
    plugins: [{ name: "changed", enforce: "pre", load: (id) => (id === changed.path ? changed.text : null) }],
  },
);

/** Whether a test of these fails, or does not end, while a file is another. */
async function isNoticed(path, text, tests) {
  const before = changed.path;
  changed = { path, text };
  for (const each of [before, path]) if (each !== "") vitest.invalidateFile(each);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    const { stdout } = spawnSync("pgrep", ["-P", String(process.pid)], { encoding: "utf8" });
    for (const pid of stdout.split("\n").filter((each) => each !== "")) tryToKill(Number(pid));
  }, LIMIT_SECONDS * 1_000);
  const run = vitest.runTestSpecifications(
    tests.map((test) => vitest.projects[0].createSpecification(resolve(root, test))),
  );
  const { unhandledErrors, testModules } = await run;
  clearTimeout(timer);
  return isLate || unhandledErrors.length > 0 || testModules.some((module) => !module.ok());
}

function tryToKill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

const all = { changes: 0, noticed: 0 };
for (const [place, tests] of Object.entries(ROOMS)) {
  for (const file of filesIn(place, ".ts")) {
    if (positionals.length > 0 && !positionals.includes(file)) continue;
    const path = join(root, file);
    const text = readFileSync(path, "utf8");
    const imports = (test) =>
      readFileSync(join(root, test), "utf8").includes(`/${basename(file, ".ts")}.js"`);
    const related = tests.flatMap((each) => filesIn(each, ".test.ts"));
    const ordered = [...related.filter(imports), ...related.filter((test) => !imports(test))];
    if (await isNoticed(path, text, ordered)) throw new Error(`The tests of ${file} fail as it is.`);
    const { int } = random(`${values.seed} ${file}`);
    const changes = changesOf(text);
    while (changes.length > Number(values.most)) changes.splice(int(changes.length), 1);
    let noticed = 0;
    for (const { start, end, by } of changes) {
      if (await isNoticed(path, text.slice(0, start) + by + text.slice(end), ordered)) noticed += 1;
      else
        console.log(`${file}:${text.slice(0, start).split("\n").length}: ${text.slice(start, end)} → ${by}`);
    }
    console.log(`${file}: ${noticed} of ${changes.length} noticed`);
    all.changes += changes.length;
    all.noticed += noticed;
  }
}
console.log(`${all.noticed} of ${all.changes} noticed`);
await vitest.close();
