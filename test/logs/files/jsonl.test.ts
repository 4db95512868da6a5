import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { readJsonl } from "../../../src/logs/files/jsonl.js";
import { openRunLog } from "../../../src/logs/files/run-log.js";
import { runs } from "../../support/runs.js";

const room = mkdtempSync(join(tmpdir(), "jsonl-"));
afterAll(() => rmSync(room, { recursive: true }));
const path = join(room, "log.jsonl");

const record = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue());

const read = () => {
  const records: unknown[] = [];
  const content = readJsonl(
    path,
    (value) => value,
    (value) => records.push(value),
  );
  return { records, ...content };
};

describe("a log of any records", () => {
  it("is read as it was written", () => {
    fc.assert(
      // A log in which nothing was written is not left behind.
      fc.property(fc.array(record, { minLength: 1 }), (records) => {
        rmSync(path, { force: true });
        const log = openRunLog<unknown>(path, {}, (value) => value);
        for (const one of records) log.append(one);
        log.close();
        expect(read()).toMatchObject({
          records: records.map((one) => JSON.parse(JSON.stringify(one))),
          tail: "none",
        });
      }),
      { numRuns: runs(10, 25) },
    );
  });

  it("cut at any byte keeps every line that was whole, and can be resumed", () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (records, share) => {
          const bytes = Buffer.from(records.map((one) => `${JSON.stringify(one)}\n`).join(""));
          const kept = bytes.subarray(0, Math.floor(share * bytes.length));
          writeFileSync(path, kept);
          const newlines = kept.filter((byte) => byte === 0x0a).length;
          const { records: found, tail, wholeBytes } = read();
          expect(wholeBytes).toBe(kept.lastIndexOf(0x0a) + 1);
          expect(found).toHaveLength(newlines + (tail === "record" ? 1 : 0));

          const resumed = openRunLog<unknown>(path, { resume: true }, (value) => value);
          resumed.append({ after: true });
          resumed.close();
          expect(resumed.earlier).toEqual(found);
          expect(read().records).toEqual([...found, { after: true }]);
        },
      ),
      { numRuns: runs(20, 50) },
    );
  });
});
