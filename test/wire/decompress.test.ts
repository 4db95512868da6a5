import { brotliCompressSync, constants, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { random } from "../../src/stats/random.js";
import { decompress } from "../../src/wire/decompress.js";
import { Recording } from "../../src/wire/recording.js";

const ENCODERS = {
  gzip: (plain: Buffer) => gzipSync(plain, { level: 1 }),
  deflate: (plain: Buffer) => deflateSync(plain, { level: 1 }),
  br: (plain: Buffer) => brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
};

/** So many bytes, each by its place. */
function bytes(length: number, at: (index: number) => number): Buffer {
  const filled = Buffer.alloc(length);
  for (let index = 0; index < length; index++) filled[index] = at(index);
  return filled;
}

/** Bytes that compress little. */
function noise(length: number): Buffer {
  const { int } = random("noise");
  return bytes(length, () => int(64));
}

/** The bytes in reads of `size`, stamped 1, 2, … */
function recorded(bytes: Buffer, size: number): Recording {
  const recording = new Recording();
  for (let start = 0, at = 1n; start < bytes.length; start += size, at++) {
    recording.append(at, bytes, start, Math.min(bytes.length, start + size));
  }
  return recording;
}

describe("a compressed body", () => {
  it.each([
    "gzip",
    "deflate",
    "br",
  ] as const)("%s is read whole, however much comes out of one read", async (encoding) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 150_000 }),
        fc.integer({ min: 1, max: 26 }),
        fc.constantFrom(100, 1_000, 65_536),
        async (length, letters, size) => {
          const plain = bytes(length, (i) => 97 + ((i * 7 + (i >> 3)) % letters));
          const body = await decompress(encoding, recorded(ENCODERS[encoding](plain), size));
          expect(body.text() === plain.toString()).toBe(true);
        },
      ),
      {
        numRuns: 25,
        examples: [
          [16_384, 10, 65_536],
          [131_072, 10, 65_536],
          [65_536, 1, 65_536],
        ],
      },
    );
  });

  it.each(["gzip", "deflate", "br"] as const)("%s that breaks off gives what is there", async (encoding) => {
    const plain = noise(200_000);
    const whole = ENCODERS[encoding](plain);
    const { length } = await decompress(encoding, recorded(whole.subarray(0, whole.length - 9), 1_000));
    expect(length).toBeGreaterThan(0);
    expect(length).toBeLessThanOrEqual(plain.length);
  });

  it("is read once its end has come, whatever follows", async () => {
    const plain = Buffer.from("0123456789".repeat(5_000));
    const bytes = Buffer.concat([gzipSync(plain), Buffer.alloc(300)]);
    expect((await decompress("gzip", recorded(bytes, 100))).text()).toBe(plain.toString());
  });

  it("keeps the stamp of the read each piece came in", async () => {
    const plain = noise(200_000);
    const compressed = gzipSync(plain);
    const half = Math.ceil(compressed.length / 2);
    const counts = new Map<bigint, number>();
    (await decompress("gzip", recorded(compressed, half))).replay((at, _, start, end) =>
      counts.set(at, (counts.get(at) ?? 0) + end - start),
    );
    expect([...counts.keys()]).toEqual([1n, 2n]);
    expect(counts.get(1n)! / plain.length).toBeCloseTo(0.5, 1);
  });
});
