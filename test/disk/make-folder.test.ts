import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { makeFolder } from "../../src/disk/make-folder.js";

const room = mkdtempSync(join(tmpdir(), "make-folder-"));
afterAll(() => rmSync(room, { recursive: true }));

it("makes what is missing, and nothing where it is there", () => {
  const folder = join(room, "a", "b", "c");
  makeFolder(folder);
  makeFolder(folder);
  expect(statSync(folder).isDirectory()).toBe(true);
  symlinkSync(folder, join(room, "link"));
  makeFolder(join(room, "link", "d"));
  expect(statSync(join(folder, "d")).isDirectory()).toBe(true);
});

it("says what stands in its way", () => {
  writeFileSync(join(room, "file"), "");
  expect(() => makeFolder(join(room, "file", "below"))).toThrow("ENOTDIR");
});

it.runIf(process.platform === "linux")("ends where no folder can be made", () => {
  expect(() => makeFolder("/proc/no-such-folder/below")).toThrow(/ENOENT|EACCES|EPERM/);
});
