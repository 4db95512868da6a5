import ts from "typescript-5.0";
import { inSrc, roomOf } from "./source-files.js";

/**
 * Which of this package's named errors a function may throw: those it makes, and those of whatever it names in turn. What
 * `stats` throws at wrong numbers is only said of its own functions: others hand it what it takes.
 */
export function errorReach(checker: ts.TypeChecker): (from: readonly ts.Declaration[]) => readonly string[] {
  const known = new Map<ts.Declaration, { errors: readonly string[]; calls: readonly ts.Declaration[] }>();
  const read = (declaration: ts.Declaration) => {
    const errors = new Set<string>();
    const calls = new Set<ts.Declaration>();
    const visit = (node: ts.Node): void => {
      if (ts.isTypeNode(node)) return;
      // Names alone: a property's owner would have to be type-checked, which takes ten times as long.
      if (ts.isIdentifier(node) && !isProperty(node)) {
        const target = declarationOf(checker, node);
        if (target !== undefined && isCode(target)) calls.add(target);
        if (target !== undefined && isOurError(target) && isMadeBy(node)) errors.add(node.text);
      }
      ts.forEachChild(node, visit);
    };
    // Of a class only what making one does: its methods may never be called.
    const isRun = (node: ts.Node) => !ts.isMethodDeclaration(node) && !ts.isAccessor(node);
    ts.forEachChild(declaration, (child) => {
      if (!ts.isClassDeclaration(declaration) || isRun(child)) visit(child);
    });
    return { errors: [...errors], calls: [...calls] };
  };
  return (from) => {
    const seen = new Set(from);
    const errors = new Set<string>();
    for (const declaration of seen) {
      if (!known.has(declaration)) known.set(declaration, read(declaration));
      const { errors: own, calls } = known.get(declaration)!;
      for (const error of own) errors.add(error);
      for (const call of calls) if (roomOf(call) !== "stats" || roomOf(from[0]!) === "stats") seen.add(call);
    }
    return [...errors].sort();
  };
}

function declarationOf(checker: ts.TypeChecker, name: ts.Identifier): ts.Declaration | undefined {
  const named = ts.isShorthandPropertyAssignment(name.parent)
    ? checker.getShorthandAssignmentValueSymbol(name.parent)
    : checker.getSymbolAtLocation(name);
  const target = named && named.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(named) : named;
  return target?.valueDeclaration;
}

const isMadeBy = (name: ts.Identifier): boolean =>
  ts.isNewExpression(name.parent) && name.parent.expression === name;

/** Whether a class is an error with a name of its own; all of them are FirstTokenErrors. */
const isOurError = (node: ts.Declaration): boolean =>
  ts.isClassDeclaration(node) &&
  (node.heritageClauses ?? []).some((clause) => clause.getText() === "extends FirstTokenError");

const isProperty = (node: ts.Identifier): boolean => {
  const { parent } = node;
  if (ts.isBindingElement(parent)) return parent.propertyName === node;
  return (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) && parent.name === node;
};

/** Functions and what stands at a file's top, of this package. */
const isCode = (node: ts.Declaration) =>
  inSrc(node) &&
  (ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    (ts.isVariableDeclaration(node) && ts.isSourceFile(node.parent.parent.parent)));
