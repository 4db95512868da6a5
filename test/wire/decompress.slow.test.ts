import { brotliCompressSync, constants, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decompress } from "../../src/wire/decompress.js";
import { Recording } from "../../src/wire/recording.js";

const plain = Buffer.alloc(66 * 2 ** 20);

describe("a compressed body", () => {
  it.each([
    ["gzip", 65_536, () => gzipSync(plain, { level: 1 })],
    ["deflate", 2 ** 20, () => deflateSync(plain, { level: 1 })],
    ["br", 2 ** 20, () => brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
  ] as const)("of %s that inflates beyond 64 MB is refused once, in reads of %d bytes", async (encoding, size, bomb) => {
    const bytes = bomb();
    const recording = new Recording();
    for (let start = 0, at = 1n; start < bytes.length; start += size, at++) {
      recording.append(at, bytes, start, Math.min(bytes.length, start + size));
    }
    await expect(decompress(encoding, recording)).rejects.toThrow("it holds more than 64 MB");
    // A second failure would come as an event that nobody awaits.
    await new Promise((turn) => setTimeout(turn, 20));
  });
});
