import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { writeWhole } from "../../src/disk/write-whole.js";

const room = mkdtempSync(join(tmpdir(), "write-whole-"));
afterAll(() => rmSync(room, { recursive: true }));

it("replaces a file with all of its content and keeps its mode", () => {
  const path = join(room, "page.html");
  writeFileSync(path, "the old one, which is longer");
  chmodSync(path, 0o640);
  writeWhole(path, "new");
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(statSync(path).mode & 0o777).toBe(0o640);
});

it("writes through a link and leaves it a link", () => {
  writeFileSync(join(room, "real.json"), "old");
  symlinkSync(join(room, "real.json"), join(room, "link.json"));
  writeWhole(join(room, "link.json"), "new");
  expect(readFileSync(join(room, "real.json"), "utf8")).toBe("new");
  expect(lstatSync(join(room, "link.json")).isSymbolicLink()).toBe(true);
});

it("takes the longest name that a file may have", () => {
  const path = join(room, "a".repeat(255));
  writeWhole(path, "long");
  expect(readFileSync(path, "utf8")).toBe("long");
});

it("leaves what was there, and nothing beside it, where it can't write", () => {
  const folder = join(room, "folder");
  mkdirSync(join(folder, "report.html"), { recursive: true });
  expect(() => writeWhole(join(folder, "report.html"), "new")).toThrow("EISDIR");
  expect(() => writeWhole(join(folder, "nowhere", "report.html"), "new")).toThrow("ENOENT");
  expect(readdirSync(folder)).toEqual(["report.html"]);
});

it("writes to a device as it is", () => {
  writeWhole("/dev/null", "gone");
  expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
});
