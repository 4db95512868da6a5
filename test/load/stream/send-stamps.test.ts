import { describe, expect, it } from "vitest";
import { SendStamps } from "../../../src/load/stream/send-stamps.js";

const ORIGIN = 1_000_000_000_000n;
const MS = 1_000_000;

/** Contents with the milliseconds after the origin at which they came; `@N` in one stands for its stamp. */
function stamps(...contents: [came: number, text: string][]) {
  const read = new SendStamps(ORIGIN);
  for (const [came, text] of contents) {
    const written = text.replace(/@(\d+)/g, (_, ms) => `@${ORIGIN + BigInt(ms * MS)}`);
    const bytes = Buffer.from(`xx${written}xx`);
    read.take(ORIGIN + BigInt(came * MS), bytes, 2, bytes.length - 2);
  }
  return read.times(0);
}

describe("the send stamps", () => {
  it("give lags and spans", () => {
    expect(stamps([12, "@10"], [21, "@20 word"], [35, "@30"])).toEqual({
      firstLagNs: 2 * MS,
      lastLagNs: 5 * MS,
      sentSpanNs: 20 * MS,
      receivedSpanNs: 23 * MS,
      coalesced: 0,
      coalescedAtStart: 0,
    });
  });

  it("tell the coalesced chunks of a late start from later ones", () => {
    expect(stamps([41, "@10"], [41, "@20"], [42, "@30"], [51, "@40"], [60, "@50"])).toMatchObject({
      coalesced: 2,
      coalescedAtStart: 2,
    });
    expect(stamps([21, "@10"], [21, "@20"], [41, "@30"], [41, "@40"])).toMatchObject({
      coalesced: 2,
      coalescedAtStart: 1,
    });
    expect(stamps([50, "@10"], [50, "@20"], [50, "@30"])).toMatchObject({
      coalesced: 2,
      coalescedAtStart: 2,
    });
    // A gap that is not judged does not end the start.
    expect(stamps([50, "@10"], [50, "@10"], [50, "@30"])).toMatchObject({
      coalesced: 1,
      coalescedAtStart: 1,
    });
  });

  it("count a chunk that came within a tenth of the time that had parted it from the one before", () => {
    expect(stamps([20, "@10"], [21, "@20"], [22, "@30"], [24, "@40"]).coalesced).toBe(2);
  });

  it("do not judge gaps below a millisecond", () => {
    expect(stamps([20, "@10"], [20, "@10"], [20, "@10"]).coalesced).toBe(0);
  });

  it("see chunks that were joined as coalesced", () => {
    expect(stamps([41, "@10@20 and @30"], [42, "@40"])).toMatchObject({ coalesced: 3, sentSpanNs: 30 * MS });
  });

  it("know nothing of a stream with a content that has none", () => {
    const spans = { sentSpanNs: null, receivedSpanNs: null };
    const nothing = { firstLagNs: null, lastLagNs: null, ...spans, coalesced: null, coalescedAtStart: null };
    expect(stamps()).toEqual(nothing);
    expect(stamps([1, "word"])).toEqual(nothing);
    expect(stamps([12, "@10"], [20, "word"])).toEqual(nothing);
    expect(stamps([12, "@10"], [20, " @20"])).toEqual(nothing);
    const read = new SendStamps(ORIGIN);
    read.take(ORIGIN, Buffer.from("@home"), 0, 5);
    read.take(ORIGIN, Buffer.from("@12"), 0, 3);
    expect(read.times(0)).toEqual(nothing);
  });

  it("give no lag that would be negative, or of a chunk sent before the request", () => {
    expect(stamps([5, "@10"], [25, "@20"])).toMatchObject({
      firstLagNs: null,
      lastLagNs: null,
      coalesced: 0,
    });
    const read = new SendStamps(ORIGIN);
    read.take(ORIGIN + 20n, Buffer.from(`@${ORIGIN + 10n}`), 0, 14);
    expect(read.times(15)).toMatchObject({ firstLagNs: null, sentSpanNs: 0 });
    expect(read.times(5)).toMatchObject({ firstLagNs: 10 });
  });
});
