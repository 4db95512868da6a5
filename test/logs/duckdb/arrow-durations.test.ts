import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrowDurations } from "../../../src/logs/duckdb/arrow-durations.js";

/** The schema that pyarrow 26.0.1 wrote of run_index and context_tokens (int64) and ttft_seconds (duration[us]). */
const SCHEMA =
  "//////gAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAMAAACMAAAAQAAAAAQAAACQ////AAABEhAAAAAkAAAABAAA" +
  "AAAAAAAMAAAAdHRmdF9zZWNvbmRzAAAGAAgABgAGAAAAAAACAMj///8AAAECEAAAACAAAAAEAAAAAAAAAA4AAABjb250ZXh0X3Rva2VucwAAvP///wAA" +
  "AAFAAAAAEAAUAAgABgAHAAwAAAAQABAAAAAAAAECEAAAACQAAAAEAAAAAAAAAAkAAABydW5faW5kZXgAAAAIAAwACAAHAAgAAAAAAAABQAAAAA==";

describe("the durations of an Arrow schema", () => {
  it("have the unit that the schema says", () => {
    expect([...arrowDurations(SCHEMA)]).toEqual([["ttft_seconds", 1e6]]);
  });

  it("may be of any unit", () => {
    const bytes = Buffer.from(SCHEMA, "base64");
    const unit = bytes.indexOf("ttft_seconds") + 26;
    expect(bytes.readInt16LE(unit)).toBe(2);
    const perSecond = [0, 1, 2, 3].map((code) => {
      bytes.writeInt16LE(code, unit);
      return arrowDurations(bytes.toString("base64")).get("ttft_seconds");
    });
    expect(perSecond).toEqual([1, 1e3, 1e6, 1e9]);
  });

  it("are none where the schema is broken", () => {
    const bytes = Buffer.from(SCHEMA, "base64");
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        arrowDurations(bytes.subarray(0, at).toString("base64"));
        const damaged = Buffer.from(bytes);
        damaged[at] = byte;
        arrowDurations(damaged.toString("base64"));
      }),
    );
    expect(arrowDurations("").size).toBe(0);
  });
});
