import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript-5.0";
import { expect, it } from "vitest";

/**
 * The places of a source where the arguments of a method or a constructor are spread out of a list. Functions of our own
 * take tuples only, which the compiler sees to.
 */
function spreadsIn(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isMethod = ts.isCallExpression(node) && !ts.isIdentifier(node.expression);
    const spread =
      isMethod || ts.isNewExpression(node) ? node.arguments?.find(ts.isSpreadElement) : undefined;
    if (spread !== undefined) {
      const { line } = source.getLineAndCharacterOfPosition(spread.getStart(source));
      found.push(`${path}:${line + 1}: ${spread.getText(source)}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

// The arguments of a call lie on the stack: some 120,000 of them are a RangeError, of a list that was short in every test.
it("no list is spread into the arguments of a method", () => {
  expect(spreadsIn("a.ts", "Math.max(0, ...[1, 2]); f([...x]); new Set(...x)")).toHaveLength(2);
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const kernels = join("engine", "kernels");
  const found = files
    .filter((name) => !name.startsWith(kernels))
    .map((name) => ({ name, text: readFileSync(join("src", name), "utf8") }))
    // Only these are worth the parsing.
    .filter(({ text }) => /[(,]\s*\.\.\./.test(text))
    .flatMap(({ name, text }) => spreadsIn(name, text));
  expect(found).toEqual([]);
});
