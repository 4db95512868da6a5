import fc from "fast-check";
import { expect, it } from "vitest";
import { PackedRequests, packRequests } from "../../../src/load/clients/packed-requests.js";
import { sharedBytes } from "../../../src/wire/shared-bytes.js";
import { runs } from "../../support/runs.js";

it("gives back each request, wherever it lay, and copies none that threads share already", () => {
  const request = fc.record({
    bytes: fc.oneof(fc.uint8Array(), fc.constant(new Uint8Array(1_500_000).fill(7))),
    isShared: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(request, { minLength: 1, maxLength: 8 }), (requests) => {
      const sent = requests.map(({ bytes, isShared }) => {
        if (!isShared) return bytes;
        const shared = sharedBytes(bytes.length);
        shared.set(bytes);
        return shared;
      });
      const packed = packRequests(sent);
      const given = new PackedRequests(structuredClone(packed));
      for (const [i, { bytes, isShared }] of requests.entries()) {
        expect(Buffer.compare(given.bytesOf(i), bytes)).toBe(0);
        if (isShared) expect(packed.slabs).toContain(sent[i]!.buffer);
      }
      const repeated = new PackedRequests(packRequests(sent.slice(0, 1)));
      expect(repeated.bytesOf(5)).toBe(repeated.bytesOf(0));
    }),
    { numRuns: runs(15, 50) },
  );
});

it("gives no bytes twice", () => {
  const all = [10, 0, 1_000_000, 2_000_000, 700_000, 30].map((length, i) => sharedBytes(length).fill(i));
  expect(all.map(({ length }) => length)).toEqual([10, 0, 1_000_000, 2_000_000, 700_000, 30]);
  for (const [i, bytes] of all.entries()) expect(bytes.every((byte) => byte === i)).toBe(true);
});
