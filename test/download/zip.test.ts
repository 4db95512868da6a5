import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArchiveError } from "../../src/download/archive-error.js";
import { unpack } from "../../src/download/zip.js";
import { makeZip, type ZipFile } from "../support/make-zip.js";
import { temporaryFolder } from "../support/temporary-files.js";

// Made by Python 3.11's zipfile: a deflated, a stored, an empty and a bzip2 entry, and a comment.
const archive = fileURLToPath(new URL("../fixtures/datasets/small.zip", import.meta.url));
const folder = temporaryFolder();
const to = (name: string) => join(folder, name);
const changed = (name: string, change: (bytes: Buffer) => Buffer) => {
  writeFileSync(to(name), change(readFileSync(archive)));
  return to(name);
};

describe("unpack", () => {
  it.each([
    ["data/packed.jsonl", '{"line": "of a file that is deflated"}\n'.repeat(200)],
    ["data/stored.txt", "kept as it is: grün"],
    ["data/empty.txt", ""],
  ])("takes %s out of an archive", async (name, content) => {
    await unpack(archive, name, to("out"));
    expect(readFileSync(to("out"), "utf8")).toBe(content);
    expect(existsSync(to("out.part"))).toBe(false);
  });

  it("says what there is when there is no such file", async () => {
    await expect(unpack(archive, "data/other.txt", to("none"))).rejects.toThrow(
      "has no file data/other.txt; it has data/packed.jsonl, data/stored.txt, data/empty.txt, data/bzip2.txt.",
    );
  });

  it("refuses a method it does not know", async () => {
    await expect(unpack(archive, "data/bzip2.txt", to("none"))).rejects.toThrow("compressed by method 12");
  });

  it("refuses what is cut or damaged anywhere, or finds it whole where that is not seen", async () => {
    const whole = readFileSync(archive);
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: whole.length - 1 }),
        fc.nat({ max: 300 }),
        fc.nat(255),
        async (at, gone, byte) => {
          const damaged = Buffer.concat([whole.subarray(0, at), whole.subarray(at + gone)]);
          if (at < damaged.length) damaged[at] = byte;
          const path = changed("damaged.zip", () => damaged);
          const error = await unpack(path, "data/packed.jsonl", to("damaged")).catch(
            (cause: unknown) => cause,
          );
          if (error !== undefined) expect(error).toBeInstanceOf(ArchiveError);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("refuses what is cut, and what was changed", async () => {
    const cut = changed("cut.zip", (bytes) => bytes.subarray(0, bytes.length - 60));
    await expect(unpack(cut, "data/stored.txt", to("none"))).rejects.toThrow("is an incomplete zip archive");
    const flipped = changed("flipped.zip", (bytes) => {
      bytes[bytes.indexOf("kept as it is")]! ^= 1;
      return bytes;
    });
    await expect(unpack(flipped, "data/stored.txt", to("none"))).rejects.toThrow("its checksum is wrong");
    const garbled = changed("garbled.zip", (bytes) => bytes.fill(0xff, 50, 70));
    await expect(unpack(garbled, "data/packed.jsonl", to("none"))).rejects.toThrow("can't be unpacked");
    expect(existsSync(to("none"))).toBe(false);
  });

  const written = (name: string, files: readonly ZipFile[]) => {
    writeFileSync(to(name), makeZip(files));
    return to(name);
  };
  const zeros = (megabytes: number) => Buffer.alloc(megabytes * 2 ** 20);

  it("reads an archive made here", async () => {
    const path = written("made.zip", [
      { name: "a", content: Buffer.from("one") },
      { name: "b", content: zeros(1) },
    ]);
    await unpack(path, "b", to("b"));
    expect(readFileSync(to("b")).equals(zeros(1))).toBe(true);
  });

  it("ends when more is inflated than the archive says, and leaves nothing of it", async () => {
    const path = written("bomb.zip", [{ name: "a", content: zeros(64), says: { bytes: 1000 } }]);
    await expect(unpack(path, "a", to("bomb"))).rejects.toThrow("it holds more than the 1000 bytes it says");
    expect(existsSync(to("bomb")) || existsSync(to("bomb.part"))).toBe(false);
  });

  it("ends when the disk has no more room, whatever the archive says, and leaves nothing of it", async () => {
    const path = written("large.zip", [{ name: "a", content: zeros(64), says: { bytes: 2 ** 32 - 1 } }]);
    let free = 80 * 2 ** 20;
    let looks = 0;
    const shrinking = async () => {
      looks += 1;
      free -= 8 * 2 ** 20;
      return free;
    };
    await expect(unpack(path, "a", to("large"), shrinking)).rejects.toMatchObject({ code: "ENOSPC" });
    expect(looks).toBeGreaterThan(1);
    expect(existsSync(to("large")) || existsSync(to("large.part"))).toBe(false);
  });

  it("refuses files that lie over each other", async () => {
    const path = written("over.zip", [
      { name: "a", content: zeros(1) },
      { name: "b", content: zeros(1), offset: 0 },
    ]);
    await expect(unpack(path, "a", to("over"))).rejects.toThrow("is an incomplete zip archive");
  });

  it("writes nowhere but where it is told, and tells names that could not act", async () => {
    const names = ["../../escaped", "/tmp/escaped", "a\u001b[2J\u202e", "..\\escaped", "__proto__"];
    const path = written(
      "names.zip",
      names.map((name) => ({ name, content: Buffer.from(name) })),
    );
    await unpack(path, "../../escaped", to("told"));
    expect(readFileSync(to("told"), "utf8")).toBe("../../escaped");
    expect(existsSync(to("../../escaped"))).toBe(false);
    const error = await unpack(path, "none", to("none")).catch((cause: Error) => cause.message);
    expect(error).toContain("a [2J");
    const many = written(
      "many.zip",
      Array.from({ length: 2000 }, (_, i) => ({ name: `n${i}`, content: Buffer.from("") })),
    );
    await expect(unpack(many, "none", to("none"))).rejects.toThrow(/n9 and 1990 more\.$/);
  });
});
