import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeKernelSpec } from "../../src/jupyter/kernel-spec.js";
import { jupyterFolder, userDataFolder } from "../../src/jupyter/places.js";
import { temporaryFolder } from "../support/temporary-files.js";

describe("a registered kernel", () => {
  it("is started with the Node that registered it, and finds the tools' packages", () => {
    const data = temporaryFolder();
    const folder = writeKernelSpec(data, "/tools");
    expect(folder).toBe(join(data, "kernels", "tslab"));
    const { argv, env } = JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8"));
    expect([argv[0], ...argv.slice(2)]).toEqual([process.execPath, "/tools", "{connection_file}"]);
    expect(argv[1]).toMatch(/jupyter[/\\]kernel\.js$/);
    expect(env).toEqual({ NODE_PATH: join("/tools", "node_modules") });
  });

  it("replaces its own specification, and no other", () => {
    const data = temporaryFolder();
    const path = join(writeKernelSpec(data, "/old"), "kernel.json");
    writeKernelSpec(data, "/new");
    expect(readFileSync(path, "utf8")).toContain("/new");
    for (const other of ['{ "argv": ["tslab", "kernel"] }', "[]", "null", "rubbish"]) {
      writeFileSync(path, other);
      expect(() => writeKernelSpec(data, "/new")).toThrow(/jupyter kernelspec remove tslab/);
      expect(readFileSync(path, "utf8")).toBe(other);
    }
  });

  it("stays another's in a folder where nothing of ours ever was", () => {
    const data = temporaryFolder();
    mkdirSync(join(data, "kernels", "tslab"), { recursive: true });
    writeFileSync(join(data, "kernels", "tslab", "kernel.json"), "{}");
    expect(() => writeKernelSpec(data, "/new")).toThrow(/stays as it is/);
  });
});

/** Jupyter's own rules: https://docs.jupyter.org/en/latest/use/jupyter-directories.html, "Data files". */
describe("the folder of a user's kernels", () => {
  it("is the one Jupyter reads on each system", () => {
    expect(userDataFolder({}, "linux")).toBe(join(homedir(), ".local/share/jupyter"));
    expect(userDataFolder({ XDG_DATA_HOME: "/data" }, "linux")).toBe("/data/jupyter");
    expect(userDataFolder({}, "darwin")).toBe(join(homedir(), "Library/Jupyter"));
    expect(userDataFolder({ APPDATA: "/roaming" }, "win32")).toBe(join("/roaming", "jupyter"));
    for (const platform of ["linux", "darwin", "win32"] as const)
      expect(userDataFolder({ JUPYTER_DATA_DIR: "/own" }, platform)).toBe("/own");
  });
});

describe("the folder of JupyterLab and its kernel", () => {
  it("is in the user's cache, or where FIRSTTOKEN_JUPYTER says", () => {
    expect(jupyterFolder({})).toBe(join(homedir(), ".cache/firsttoken/jupyter"));
    expect(jupyterFolder({ XDG_CACHE_HOME: "/cache" })).toBe("/cache/firsttoken/jupyter");
    expect(jupyterFolder({ XDG_CACHE_HOME: "relative" })).toBe(join(homedir(), ".cache/firsttoken/jupyter"));
    expect(jupyterFolder({ FIRSTTOKEN_JUPYTER: "/tools" })).toBe("/tools");
  });
});
