import { resolve } from "node:path";
import type ts from "typescript-5.0";

export const root = resolve(import.meta.dirname, "../..");

const pathOf = (node: ts.Node): string => node.getSourceFile().fileName;

/** Whether a declaration is this package's own. */
export const inSrc = (node: ts.Node): boolean => pathOf(node).startsWith(`${root}/src/`);

/** The room of `src/` that a declaration stands in. */
export const roomOf = (node: ts.Node): string | undefined => pathOf(node).slice(root.length).split("/")[2];
