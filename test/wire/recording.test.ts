import fc from "fast-check";
import { expect, it } from "vitest";
import { Recording } from "../../src/wire/recording.js";

it("gives back every read with its stamp, however many and however long, and forgets them when cleared", () => {
  const recording = new Recording();
  const reads = fc.array(
    fc.tuple(fc.bigInt(0n, 1n << 62n), fc.oneof(fc.nat(40), fc.constantFrom(511, 512, 513, 9000))),
    { maxLength: 70 },
  );
  fc.assert(
    fc.property(reads, fc.nat(5), (all, offset) => {
      recording.clear();
      const pieces = all.map(([at, length], i) => ({ at, bytes: Buffer.alloc(length, i + 1) }));
      const told = (at: bigint, bytes: Buffer) => `${at} ${bytes.toString("hex")}`;
      for (const { at, bytes } of pieces) {
        const lent = Buffer.concat([Buffer.alloc(offset, 255), bytes, Buffer.alloc(3, 255)]);
        recording.append(at, lent, offset, offset + bytes.length);
        lent.fill(0);
      }
      const seen: string[] = [];
      recording.replay((at, bytes, start, end) => {
        seen.push(told(at, bytes.subarray(start, end)));
      });
      expect(seen).toEqual(pieces.map(({ at, bytes }) => told(at, bytes)));
      expect(recording.length).toBe(pieces.reduce((sum, { bytes }) => sum + bytes.length, 0));
    }),
    { numRuns: 200 },
  );
});
