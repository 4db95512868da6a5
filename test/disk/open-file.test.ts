import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  linkSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { FileHeld, isAt, openLocked } from "../../src/disk/open-file.js";

const room = mkdtempSync(join(tmpdir(), "locked-file-"));
afterAll(() => rmSync(room, { recursive: true }));

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;

/** A process of its own that locks a file and says so. */
async function holder(path: string) {
  const program = `
    const { openLocked } = await import(process.argv[1]);
    openLocked(process.argv[2], ${APPEND});
    console.log("locked");
    setInterval(() => {}, 1000);
  `;
  const child = spawn(
    process.execPath,
    ["--input-type=module", "-e", program, resolve("dist/disk/open-file.js"), path],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(child.stdout, "data");
  return child;
}

describe("a locked file", () => {
  it("can't be locked twice in one process until it is closed", () => {
    const path = join(room, "one.jsonl");
    const file = openLocked(path, APPEND);
    expect(() => openLocked(path, APPEND)).toThrow(FileHeld);
    closeSync(file);
    closeSync(openLocked(path, APPEND));
  });

  it("is free again when its process is killed, and leaves nothing beside it", async () => {
    const path = join(room, "killed.jsonl");
    const child = await holder(path);
    expect(() => openLocked(path, APPEND)).toThrow(FileHeld);
    child.kill("SIGKILL");
    await once(child, "exit");
    closeSync(openLocked(path, APPEND));
    expect(readFileSync(path, "utf8")).toBe("");
  });

  it("is the same under each of its names", () => {
    const path = join(room, "named.jsonl");
    const file = openLocked(path, APPEND);
    linkSync(path, join(room, "other-name.jsonl"));
    expect(() => openLocked(join(room, "other-name.jsonl"), APPEND)).toThrow(FileHeld);
    closeSync(file);
  });
});

describe.skipIf(process.platform === "darwin")("where there is no lock", () => {
  it("is opened without", () => {
    const path = join(room, "no-program.jsonl");
    const before = process.env.PATH;
    process.env.PATH = join(room, "nothing-here");
    try {
      const files = [openLocked(path, APPEND), openLocked(path, APPEND)];
      for (const file of files) closeSync(file);
    } finally {
      process.env.PATH = before;
    }
  });
});

describe("a file at its path", () => {
  it("is told from one that took its place, from none, and from one that has no name any more", () => {
    const path = join(room, "at.jsonl");
    const file = openLocked(path, APPEND);
    expect(isAt(path, file)).toBe(true);
    renameSync(path, `${path}.moved`);
    expect(isAt(path, file)).toBe(false);
    expect(isAt(`${path}.moved`, file)).toBe(true);
    writeFileSync(path, "another");
    expect(isAt(path, file)).toBe(false);
    unlinkSync(`${path}.moved`);
    // A copy with the very size and time of a file that is gone.
    writeFileSync(path, "");
    utimesSync(path, 1, 1);
    expect(isAt(path, file)).toBe(false);
    closeSync(file);
  });
});
