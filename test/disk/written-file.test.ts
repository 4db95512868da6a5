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
import { makeFolder, writeWhole } from "../../src/disk/written-file.js";

const room = mkdtempSync(join(tmpdir(), "written-file-"));
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

it("makes the folders that are missing, and nothing where it is there", () => {
  const folder = join(room, "a", "b", "c");
  makeFolder(folder);
  makeFolder(folder);
  expect(statSync(folder).isDirectory()).toBe(true);
  symlinkSync(folder, join(room, "link"));
  makeFolder(join(room, "link", "d"));
  expect(statSync(join(folder, "d")).isDirectory()).toBe(true);
});

it("says what stands in the way of a folder", () => {
  writeFileSync(join(room, "file"), "");
  expect(() => makeFolder(join(room, "file", "below"))).toThrow("ENOTDIR");
});

it.runIf(process.platform === "linux")("ends where no folder can be made", () => {
  expect(() => makeFolder("/proc/no-such-folder/below")).toThrow(/ENOENT|EACCES|EPERM/);
});
