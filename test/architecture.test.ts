import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const MOST_FILES = 25;
const MOST_FLOORS_INSIDE = 5;
/** What `firsttoken ttft` is made of, without what it loads only when needed: the client, the engine, the judge of gates. */
const MOST_FILES_OF_TTFT = 69;

const root = resolve(import.meta.dirname, "..");
const src = join(root, "src");

const [, floorsSection] = /\n## Floors\n(.*?)\n## /s.exec(
  readFileSync(join(root, "ARCHITECTURE.md"), "utf8"),
)!;
const rows = [...floorsSection!.matchAll(/^\| `([\w/]+)` \|[^|]*\| (.*)\|$/gm)].map(([, room, allowed]) => ({
  room: room!,
  named: [...allowed!.matchAll(/`([\w/*]+)`/g)].map((match) => match[1]!),
}));
const floor = new Map(rows.map(({ room }, index) => [room, index]));

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.startsWith(join("engine", "kernels")))
  .map((name) => join(src, name));

/** The folder of a file; a file that lies in no folder is a room of its own. */
const room = (file: string) => {
  const path = relative(src, file).replaceAll("\\", "/");
  return path.includes("/") ? dirname(path) : basename(path, ".ts");
};
const filesIn = (name: string) => files.filter((file) => room(file) === name);

/** `report/*` is `report` and every room inside it. */
const meant = (named: string) =>
  named.endsWith("/*")
    ? [...floor.keys()].filter((name) => `${name}/`.startsWith(named.slice(0, -1)))
    : [named];

/** The imports of one file that a pattern finds, as absolute paths of the TypeScript files they name. */
const imports = (file: string, pattern: RegExp): string[] =>
  [...readFileSync(file, "utf8").matchAll(pattern)].map((match) =>
    resolve(dirname(file), match[1]!).replace(/\.js$/, ".ts"),
  );
/** Static and dynamic. */
const importsOf = (file: string) => imports(file, /(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
/** Those that load with the file, types included. */
const staticImportsOf = (file: string) => imports(file, /(?:from|import)\s+"(\.[^"]+)"/g);

describe("the architecture page", () => {
  it("names every room of src and no other", () => {
    expect([...floor.keys()].sort()).toEqual([...new Set(files.map(room))].sort());
  });

  it("lets a room import only from rooms below it", () => {
    const climbing = rows.flatMap(({ room, named }) =>
      named
        .filter((name) => !name.endsWith("/*"))
        .filter((name) => !(floor.get(name)! > floor.get(room)!))
        .map((name) => `${room} -> ${name}`),
    );
    expect(climbing).toEqual([]);
  });

  it("allows every import there is", () => {
    const broken = rows.flatMap(({ room: name, named }) => {
      const allowed = new Set(named.flatMap(meant));
      return filesIn(name).flatMap((file) =>
        importsOf(file)
          .filter((target) => room(target) !== name)
          .filter((target) => !allowed.has(room(target)) || floor.get(room(target))! < floor.get(name)!)
          .map((target) => `${relative(src, file)} -> ${relative(src, target)}`),
      );
    });
    expect(broken).toEqual([]);
  });

  it("allows nothing that no file imports", () => {
    const idle = rows.flatMap(({ room: name, named }) => {
      const used = new Set(filesIn(name).flatMap(importsOf).map(room));
      return named
        .filter((each) => !meant(each).some((one) => used.has(one)))
        .map((each) => `${name} -> ${each}`);
    });
    expect(idle).toEqual([]);
  });

  it("keeps the rooms small", () => {
    const large = [...floor.keys()].filter((name) => filesIn(name).length > MOST_FILES);
    expect(large).toEqual([]);
  });

  it("keeps chains of imports inside a room short", () => {
    const length = (file: string): number =>
      1 +
      importsOf(file)
        .filter((target) => room(target) === room(file))
        .reduce((longest, target) => Math.max(longest, length(target)), 0);
    const long = files.filter((file) => length(file) > MOST_FLOORS_INSIDE);
    expect(long.map((file) => relative(src, file))).toEqual([]);
  });

  it("keeps the files of the command ttft few", () => {
    const read = new Set<string>();
    const visit = (file: string): void => {
      if (read.has(file)) return;
      read.add(file);
      staticImportsOf(file).forEach(visit);
    };
    visit(join(src, "cli/commands/ttft-command.ts"));
    expect([...read].map((file) => relative(src, file)).slice(MOST_FILES_OF_TTFT)).toEqual([]);
  });

  it("keeps the files free of import cycles", () => {
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): string[] => {
      if (path.includes(file))
        return [[...path.slice(path.indexOf(file)), file].map((f) => relative(src, f)).join(" -> ")];
      if (done.has(file)) return [];
      const found = importsOf(file).flatMap((next) => visit(next, [...path, file]));
      done.add(file);
      return found;
    };
    expect(files.flatMap((file) => visit(file, []))).toEqual([]);
  });
});
