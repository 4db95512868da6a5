import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { copyNotebooks } from "../../src/jupyter/copy-notebooks.js";
import { temporaryFolder } from "../support/temporary-files.js";

/** Published notebooks, and an empty place for a user's. */
function folders() {
  const [from, to] = [temporaryFolder(), join(temporaryFolder(), "new", "copies")];
  const publish = (name: string, text: string) => writeFileSync(join(from, name), text);
  const own = (name: string) => readFileSync(join(to, name), "utf8");
  publish("index.ipynb", "index 1");
  publish("load.ipynb", "load 1");
  publish("setup.mjs", "a script");
  return { from, to, publish, own };
}

describe("a copy of the notebooks", () => {
  it("holds the notebooks and no scripts", () => {
    const { from, to, own } = folders();
    expect(copyNotebooks(from, to)).toEqual({ written: ["index.ipynb", "load.ipynb"], kept: [] });
    expect(own("load.ipynb")).toBe("load 1");
    expect(existsSync(join(to, "setup.mjs"))).toBe(false);
  });

  it("keeps what the user has changed, and renews what the user has not", () => {
    const { from, to, publish, own } = folders();
    copyNotebooks(from, to);
    writeFileSync(join(to, "load.ipynb"), "load, and my own cell");
    publish("index.ipynb", "index 2");
    publish("load.ipynb", "load 2");
    expect(copyNotebooks(from, to)).toEqual({ written: ["index.ipynb"], kept: ["load.ipynb"] });
    expect([own("index.ipynb"), own("load.ipynb")]).toEqual(["index 2", "load, and my own cell"]);
  });

  it("keeps a file of the user's own that has a notebook's name", () => {
    const { from, to, own } = folders();
    copyNotebooks(from, to);
    rmSync(join(to, ".firsttoken-notebooks.json"));
    writeFileSync(join(to, "index.ipynb"), "mine");
    expect(copyNotebooks(from, to).kept).toEqual(["index.ipynb"]);
    expect(own("index.ipynb")).toBe("mine");
  });

  it("does nothing where nothing is new, and brings back what was deleted", () => {
    const { from, to, own } = folders();
    copyNotebooks(from, to);
    expect(copyNotebooks(from, to)).toEqual({ written: [], kept: [] });
    rmSync(join(to, "load.ipynb"));
    expect(copyNotebooks(from, to)).toEqual({ written: ["load.ipynb"], kept: [] });
    expect(own("load.ipynb")).toBe("load 1");
  });
});
