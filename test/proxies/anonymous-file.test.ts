import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { lastLinesOf, offerText, openAnonymousFile } from "../../src/proxies/anonymous-file.js";

const folder = mkdtempSync(join(tmpdir(), "anonymous-file-"));

it("an anonymous file has no name, and is read from its end", () => {
  const file = openAnonymousFile(join(folder, "log"), "first\n");
  writeSync(file, "second\nthird\n");
  expect(readdirSync(folder)).toEqual([]);
  expect(lastLinesOf(file, 100)).toBe("first\nsecond\nthird\n");
  // "econd" is cut, and left out.
  expect(lastLinesOf(file, 12)).toBe("third\n");
  expect(lastLinesOf(openAnonymousFile(join(folder, "empty")), 12)).toBe("");
});

it("a text that is offered can be read by a path, as often as a program likes, by its owner alone", () => {
  const path = join(folder, "config.yaml");
  offerText(path, "key: é\n");
  for (let i = 0; i < 2; i++) expect(execFileSync("cat", [path], { encoding: "utf8" })).toBe("key: é\n");
  expect(readFileSync(path, "utf8")).toBe("key: é\n");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["config.yaml"]);
});
