import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesInMemory } from "../../../src/engine/files/byte-source.js";
import { readGguf } from "../../../src/engine/files/gguf.js";
import { readTensor } from "../../../src/engine/files/tensor-file.js";
import { readGgufModel } from "../../../src/engine/loading/gguf-model.js";
import { fixture, ggufOf, ggufTokens } from "../loading/fixtures.js";
import { writeGguf } from "../loading/gguf-writer.js";

const written = readFileSync(fixture("by-gguf-py.gguf"));
const read = (bytes: Uint8Array) => readGguf(bytesInMemory(bytes));
/** A copy with other bytes from `at` on. */
const patched = (bytes: Uint8Array, at: number, ...values: readonly number[]) => {
  const copy = Uint8Array.from(bytes);
  copy.set(values, at);
  return copy;
};
const HUGE = [255, 255, 255, 255, 255, 255, 15, 0];

describe("a GGUF file", () => {
  it("written by gguf-py gives every kind of value", () => {
    const { metadata } = read(written);
    expect(Object.fromEntries(metadata)).toMatchObject({
      "general.architecture": "llama",
      "a.u8": 200,
      "a.i8": -5,
      "a.u16": 60_000,
      "a.i16": -300,
      "a.u32": 4_000_000_000,
      "a.i32": -70_000,
      "a.u64": 2 ** 40,
      "a.i64": -(2 ** 40),
      "a.f32": 0.5,
      "a.f64": 0.1,
      "a.bool": true,
      "a.string": "naïve 漢",
      "a.strings": ["x", "", "ÿ"],
      "a.numbers": [1, 2, 3],
    });
  });

  it("keeps texts of any characters and length as they are", () => {
    const texts = ["\ufeff", "\ufeff▁a", "naïve 漢 😀", "", "x".repeat(3_000_000), "\0"];
    const { metadata } = read(writeGguf({ one: { text: "\ufeffb" }, many: { texts } }, {}));
    expect([metadata.get("one"), metadata.get("many")]).toEqual(["\ufeffb", texts]);
  });

  it("gives whole numbers of 64 bits that no number has as they are: nobody may need them", () => {
    const behind = (key: string) => written.indexOf(key) + key.length + 4;
    const most = Array.from({ length: 8 }, () => 255);
    const unsigned = read(patched(written, behind("a.u64"), ...most)).metadata;
    expect(unsigned.get("a.u64")).toBe(2n ** 64n - 1n);
    const first = [1, 0, 0, 0, 0, 0, 32, 0];
    expect(read(patched(written, behind("a.u64"), ...first)).metadata.get("a.u64")).toBe(2n ** 53n + 1n);
    expect(read(patched(written, behind("a.i64"), ...most)).metadata.get("a.i64")).toBe(-1);
    const least = [0, 0, 0, 0, 0, 0, 0, 128];
    expect(read(patched(written, behind("a.i64"), ...least)).metadata.get("a.i64")).toBe(-(2n ** 63n));
  });

  it("written by gguf-py gives its tensors, the rows first", () => {
    const { tensors } = read(written);
    const expected = Float32Array.from({ length: 128 }, (_, i) => i / 8);
    expect([...tensors.keys()]).toEqual(["plain", "half", "BF16", "Q8_0", "Q4_0", "Q4_1"]);
    for (const [name, tensor] of tensors) {
      expect(tensor.shape, name).toEqual([2, 64]);
      const got = readTensor(tensor);
      // The largest of a block of 32 is 16; of its type's steps at most half one is lost.
      const step = { plain: 0, half: 0, BF16: 0.0625, Q8_0: 16 / 254, Q4_0: 16 / 16 + 1, Q4_1: 4 / 30 }[
        name
      ]!;
      expect(Math.max(...got.map((value, i) => Math.abs(value - expected[i]!))), name).toBeLessThanOrEqual(
        step,
      );
    }
  });

  it.each([
    ["no GGUF", Buffer.from("GGML and more that is long enough"), "does not begin as a GGUF file"],
    ["version 1", patched(written, 4, 1), "GGUF version 1"],
    ["the other byte order", patched(written, 4, 0, 0, 0, 3), "GGUF version 50331648"],
    ["more tensors than bytes", patched(written, 8, ...HUGE), "tensors, more than its size allows"],
    [
      "more metadata than bytes",
      patched(written, 16, ...HUGE),
      "metadata entries, more than its size allows",
    ],
    ["a key longer than the file", patched(written, 24, ...HUGE), "cut at byte 32"],
    ["no end", written.subarray(0, 900), "cut"],
    ["no data", written.subarray(0, written.length - 33), "the data of Q4_1 is cut"],
    ["nothing", new Uint8Array(), "does not begin as a GGUF file"],
  ])("with %s is refused", (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
  });

  it("with a type that is not supported is refused by the tensor's name and the type's", () => {
    const bytes = writeGguf({}, { "a.weight": { shape: [1, 256], data: new Float32Array(256) } });
    const type = Buffer.from(bytes).indexOf("a.weight") + "a.weight".length + 4 + 16;
    expect(() => read(patched(bytes, type, 13))).toThrow(
      "a.weight is stored as Q5_K, which is not supported",
    );
    expect(() => read(patched(bytes, type, 99))).toThrow("a.weight is stored as type 99");
  });

  it("with rows that are no whole blocks, or a tensor twice, is refused", () => {
    const bytes = writeGguf({}, { "a.weight": { shape: [8, 33], data: new Float32Array(264) } });
    const type = Buffer.from(bytes).indexOf("a.weight") + "a.weight".length + 4 + 16;
    expect(() => read(patched(bytes, type, 8))).toThrow("rows of 33 values, not whole blocks of Q8_0");
    const two = { shape: [8], data: new Float32Array(8) };
    const twice = Buffer.from(writeGguf({}, { ab: two, ac: two }));
    twice[twice.indexOf("ac") + 1] = "b".charCodeAt(0);
    expect(() => read(twice)).toThrow("it has ab twice");
    const keys = Buffer.from(writeGguf({ "a.b": { u32: 1 }, "a.c": { u32: 2 } }, {}));
    keys[keys.indexOf("a.c") + 2] = "b".charCodeAt(0);
    expect(() => read(keys)).toThrow("it has a.b twice");
  });
});

/** Errors of ours; a RangeError or a TypeError would be an accident. */
const refuses = async (open: () => unknown): Promise<void> => {
  try {
    await open();
  } catch (error) {
    expect(Object.getPrototypeOf(error), String((error as Error).stack)).toBe(Error.prototype);
  }
};

describe("a forged file", () => {
  const whole = Buffer.from(ggufOf("qwen2", ggufTokens("qwen2")));
  const head = whole.indexOf("tokenizer.ggml.merges");

  it("cut anywhere, or with any bytes of its head changed, is refused or read", async () => {
    const bytes = fc.oneof(fc.constant(written), fc.constant(whole));
    const changes = fc.array(
      fc.tuple(fc.nat(), fc.constantFrom(0, 1, 4, 8, 9, 13, 127, 128, 255), fc.constantFrom(1, 4, 8)),
      { maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(bytes, changes, fc.option(fc.nat()), async (original, changed, cut) => {
        const forged = Uint8Array.from(original);
        for (const [at, value, times] of changed) {
          forged.fill(
            value,
            at % Math.min(head, original.length),
            (at % Math.min(head, original.length)) + times,
          );
        }
        const kept = forged.subarray(0, cut === null ? forged.length : cut % forged.length);
        await refuses(async () => {
          for (const tensor of read(kept).tensors.values()) readTensor(tensor);
        });
      }),
      { numRuns: 300 },
    );
  });

  it("whose numbers are other numbers is refused or read, never computed with tensors that do not fit", async () => {
    // Every number of the metadata before the tokens is a u32 or a float behind its key.
    const numbers = [
      ...whole
        .subarray(0, head)
        .toString("latin1")
        .matchAll(/qwen2\.[\w.]+/g),
    ].map(({ 0: key, index }) => index + key.length + 4);
    expect(numbers.length).toBeGreaterThan(8);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...numbers),
        fc.oneof(fc.constantFrom(0, 1, 2, 3, 7, 8, 2 ** 31, 2 ** 32 - 1), fc.nat(2 ** 32 - 1)),
        async (at, value) => {
          const forged = Buffer.from(whole);
          forged.writeUInt32LE(value, at);
          await refuses(() => readGgufModel(bytesInMemory(forged)));
        },
      ),
      { numRuns: 60 },
    );
  });
});
