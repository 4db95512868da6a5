import { posix } from "node:path";

/** Where a kernel runs, and where the packages are that came with it. */
export interface Places {
  /** The folder of the notebook, with slashes. */
  readonly cwd: string;
  /** A folder with `node_modules`, with slashes. */
  readonly tools: string;
}

/**
 * The path at which a file of a package is really found: in `tools`, if no folder from the notebook's upwards has the package.
 *
 * @example packageElsewhere("/home/me/node_modules/tslab/index.d.ts", { cwd: "/home/me", tools: "/cache" }, () => false)
 * // "/cache/node_modules/tslab/index.d.ts"
 */
export function packageElsewhere(
  path: string,
  { cwd, tools }: Places,
  exists: (folder: string) => boolean,
): string {
  const beside = `${posix.join(cwd, "node_modules")}/`;
  if (!path.startsWith(beside)) return path;
  const [, name, rest] = /^((?:@[^/]+\/)?[^/]+)(.*)$/s.exec(path.slice(beside.length)) ?? [];
  if (name === undefined) return path;
  for (let folder = cwd; ; folder = posix.dirname(folder)) {
    if (exists(posix.join(folder, "node_modules", name))) return path;
    if (posix.dirname(folder) === folder) break;
  }
  return `${posix.join(tools, "node_modules", name)}${rest}`;
}
