import { type Dirent, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Whether a path is to be expanded: it has a `*` or a `?` and is not the name of a file as it stands. */
export function isGlob(path: string): boolean {
  return /[*?]/.test(path) && !existsSync(path);
}

/**
 * The files a pattern matches, sorted.
 *
 * `*` and `?` stand for characters of one name, `**` for any number of directories. As in a shell, hidden names
 * have to be asked for with their dot; `**` does not follow links to directories.
 *
 * @example expandGlob("results/*.jsonl") // ["results/a.jsonl", "results/b.jsonl"]
 */
export function expandGlob(pattern: string): string[] {
  const parts = (process.platform === "win32" ? pattern.replaceAll("\\", "/") : pattern).split("/");
  const start = parts[0] === "" ? "/" : "";
  const found = new Set<string>();
  walk(
    start,
    parts.filter((part) => part !== ""),
    found,
  );
  return [...found].sort();
}

/** The files in a folder and in those below it, sorted, without hidden ones; links to folders are not followed. */
export function filesIn(folder: string): string[] {
  const found = new Set<string>();
  walk(folder, ["**", "*"], found);
  return [...found].sort();
}

function walk(directory: string, parts: readonly string[], found: Set<string>): void {
  const [part, ...rest] = parts;
  if (part === undefined) return;
  if (part === "**") {
    walk(directory, rest, found);
    for (const entry of entriesOf(directory)) {
      if (entry.isDirectory() && !entry.name.startsWith(".")) walk(join(directory, entry.name), parts, found);
    }
    return;
  }
  for (const name of namesOf(directory, part)) {
    const path = join(directory, name);
    if (rest.length > 0) walk(path, rest, found);
    else if (isFile(path)) found.add(path);
  }
}

/** What lies under a file, or where one may not look, is no file. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function namesOf(directory: string, part: string): string[] {
  if (!/[*?]/.test(part)) return [part];
  const rule = new RegExp(
    `^${part
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
    "su",
  );
  return entriesOf(directory)
    .map((entry) => entry.name)
    .filter((name) => rule.test(name) && name.startsWith(".") === part.startsWith("."));
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory === "" ? "." : directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
