import { describe, expect, it } from "vitest";
import { packageElsewhere } from "../../src/jupyter/packages-elsewhere.js";

const places = { cwd: "/home/me/notebooks", tools: "/cache/jupyter" };
const at = (path: string, ...installed: string[]) =>
  packageElsewhere(path, places, (folder) => installed.includes(folder));

describe("a file of a package that a notebook imports", () => {
  it("is found in the tools where neither the notebook's folder nor one above has the package", () => {
    expect(at("/home/me/notebooks/node_modules/tslab/dist/main.js")).toBe(
      "/cache/jupyter/node_modules/tslab/dist/main.js",
    );
    expect(at("/home/me/notebooks/node_modules/@types/node/index.d.ts")).toBe(
      "/cache/jupyter/node_modules/@types/node/index.d.ts",
    );
    expect(at("/home/me/notebooks/node_modules/firsttoken")).toBe("/cache/jupyter/node_modules/firsttoken");
  });

  it("is the user's own where the package is in the notebook's folder or above it", () => {
    const path = "/home/me/notebooks/node_modules/firsttoken/package.json";
    expect(at(path, "/home/me/notebooks/node_modules/firsttoken")).toBe(path);
    expect(at(path, "/home/me/node_modules/firsttoken")).toBe(path);
    expect(at(path, "/node_modules/firsttoken")).toBe(path);
    expect(at(path, "/home/me/node_modules/firsttoken-other")).not.toBe(path);
  });

  it("stays where it is if it is no package beside the notebook", () => {
    for (const path of [
      "/home/me/notebooks/data.json",
      "/home/me/node_modules/x/index.js",
      "/home/me/notebooks/node_modules/",
      "/elsewhere/node_modules/x",
    ])
      expect(at(path)).toBe(path);
  });
});
