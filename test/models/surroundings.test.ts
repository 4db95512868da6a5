import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hubAddress, hubToken, modelsFolder, packageIndex } from "../../src/models/surroundings.js";

describe("where models are kept", () => {
  it.each([
    [{}, join(homedir(), ".cache", "firsttoken", "models")],
    [{ XDG_CACHE_HOME: "/cache" }, "/cache/firsttoken/models"],
    // The XDG base directory specification: a path that is not absolute is not valid.
    [{ XDG_CACHE_HOME: "cache" }, join(homedir(), ".cache", "firsttoken", "models")],
    [{ FIRSTTOKEN_MODELS: " ", XDG_CACHE_HOME: "/cache" }, "/cache/firsttoken/models"],
    [{ FIRSTTOKEN_MODELS: "mine", XDG_CACHE_HOME: "/cache" }, "mine"],
  ])("with %j is %s", (environment, folder) => {
    expect(modelsFolder(environment)).toBe(folder);
  });

  it("has the hub, its login and the package index as their own tools have them", () => {
    expect([hubAddress({}), hubToken({}), packageIndex({})]).toEqual([
      "https://huggingface.co",
      null,
      "https://pypi.org/simple",
    ]);
    const environment = { HF_ENDPOINT: "http://m", HF_TOKEN: "t", PIP_INDEX_URL: "http://i/simple" };
    expect([hubAddress(environment), hubToken(environment), packageIndex(environment)]).toEqual(
      Object.values(environment),
    );
  });
});
