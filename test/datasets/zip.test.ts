import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DatasetError } from "../../src/datasets/dataset-error.js";
import { unpack } from "../../src/datasets/zip.js";
import { temporaryFolder } from "./temporary-files.js";

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
    await expect(unpack(archive, "data/bzip2.txt", to("none"))).rejects.toThrow("packed by method 12");
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
          if (error !== undefined) expect(error).toBeInstanceOf(DatasetError);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("refuses what is cut, and what was changed", async () => {
    const cut = changed("cut.zip", (bytes) => bytes.subarray(0, bytes.length - 60));
    await expect(unpack(cut, "data/stored.txt", to("none"))).rejects.toThrow("is not a whole zip archive");
    const flipped = changed("flipped.zip", (bytes) => {
      bytes[bytes.indexOf("kept as it is")]! ^= 1;
      return bytes;
    });
    await expect(unpack(flipped, "data/stored.txt", to("none"))).rejects.toThrow("its checksum is wrong");
    const garbled = changed("garbled.zip", (bytes) => bytes.fill(0xff, 50, 70));
    await expect(unpack(garbled, "data/packed.jsonl", to("none"))).rejects.toThrow("can't be unpacked");
    expect(existsSync(to("none"))).toBe(false);
  });
});
