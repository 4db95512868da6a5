import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { openLogWithManifest } from "../../../src/experiments/experiment-log.js";
import { readManifest, runsOf } from "../../../src/logs/files/manifest.js";
import type { LogProblem } from "../../../src/logs/files/problem.js";
import { readTtftLogs } from "../../../src/logs/read-ttft-logs.js";
import { parseTtftRecord } from "../../../src/logs/records/record-lines.js";
import { summariseTtftLogs } from "../../../src/logs/summarise-ttft-logs.js";
import { ttftLine } from "../ttft-row.js";

const room = mkdtempSync(join(tmpdir(), "line-check-"));
afterAll(() => rmSync(room, { recursive: true }));

let path = "";
let count = 0;
beforeEach(() => {
  path = join(room, `${count++}.jsonl`);
});

/** A run that writes so many rows and ends, or is killed before it does. */
const run = (rows: number, { resume = false, isKilled = false } = {}) => {
  const facts = { server: "http://a/v1", server_software: null, model: "tiny", seed: 1, options: {} };
  const { log } = openLogWithManifest(
    { log: path, resume, overwrite: false },
    {
      facts: { ...facts, started_at: `2026-11-20T10:00:0${count % 10}.000Z` },
      mayDiffer: {},
      expected: () => ({}),
      parse: parseTtftRecord,
    },
  );
  for (let row = 0; row < rows; row++) log.append(parseTtftRecord(ttftLine({ remark: "naïve 你好" })));
  const manifest = readFileSync(`${path}.meta.json`);
  log.close();
  // What is written at the end is what a killed run lacks.
  if (isKilled) writeFileSync(`${path}.meta.json`, manifest);
};

const problemsOf = async (log = path) => {
  const problems: LogProblem[] = [];
  const rows = await readTtftLogs(log, { onBadLine: "skip", onProblem: (one) => problems.push(one) });
  const changed = problems.filter(({ kind }) => kind === "changed lines").map(({ message }) => message);
  return { rows: rows.length, changed };
};

describe("a log whose runs have ended", () => {
  it("is as they left it: begun, gone on with, killed, and gone on with again", async () => {
    run(3);
    run(2, { resume: true });
    run(1, { resume: true, isKilled: true });
    run(4, { resume: true });
    expect(await problemsOf()).toEqual({ rows: 10, changed: [] });
    const lines = runsOf(readManifest(path)).map((one) => one.lines?.to_byte ?? null);
    expect(lines[0]).toBeGreaterThan(0);
    expect([lines[2], lines[3]]).toEqual([null, readFileSync(path).length]);
    // The hash is that of any other program.
    const [first] = runsOf(readManifest(path));
    const { createHash } = await import("node:crypto");
    const bytes = readFileSync(path).subarray(0, first!.lines!.to_byte);
    expect(first!.lines!.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
  });

  it("tells any changed byte, and whose it is, and is read all the same", async () => {
    run(2);
    run(2, { resume: true });
    const [whole, manifest] = [readFileSync(path), readManifest(path)];
    const border = runsOf(manifest)[0]!.lines!.to_byte;
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = Buffer.from(whole);
        changed[at] = changed[at]! ^ flip;
        writeFileSync(path, changed);
        const found = await problemsOf();
        const started = runsOf(manifest)[at < border ? 0 : 1]!.started_at;
        expect(found.changed).toEqual([
          `${path}: what the run of ${started} wrote has changed since (by its checksum): it was edited or is damaged, and was read as it is.`,
        ]);
      }),
      { numRuns: 30 },
    );
  });

  it("tells a number that was edited by hand and a line that was taken out, also in a summary", async () => {
    run(3);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace("0.4291348751", "0.4191348751"));
    expect((await problemsOf()).changed).toHaveLength(1);
    const problems: LogProblem[] = [];
    await summariseTtftLogs(path, { onProblem: (one) => problems.push(one) });
    expect(problems.map(({ kind }) => kind)).toEqual(["changed lines"]);
    writeFileSync(path, text.slice(text.indexOf("\n") + 1));
    const found = await problemsOf();
    expect(found.rows).toBe(2);
    expect(found.changed[0]).toContain(": the end of what the run of");
    truncateSync(path, Math.floor(text.length / 2));
    expect((await problemsOf()).changed[0]).toContain(": the end of what the run of");
  });

  it("is told once of lines that are longer than they were, and of one byte in its own words", async () => {
    run(3);
    const text = readFileSync(path, "utf8");
    for (const longer of [text.replace("tiny", "tinny"), text.replaceAll("\n", "\r\n"), `\ufeff${text}`]) {
      writeFileSync(path, longer);
      expect((await problemsOf()).changed).toEqual([expect.stringContaining("wrote has changed since")]);
    }
    writeFileSync(path, `${text}\n`);
    expect((await problemsOf()).changed).toEqual([
      expect.stringContaining(": 1 byte of it belongs to no run in its manifest: it was"),
    ]);
  });

  it("tells lines that no run wrote, but not those of a run that was killed or goes on", async () => {
    run(2);
    const whole = readFileSync(path);
    appendFileSync(path, `${JSON.stringify(ttftLine())}\n`);
    expect((await problemsOf()).changed[0]).toMatch(
      /: \d+ bytes of it belong to no run in its manifest: it was edited/,
    );
    // Nor are they taken for a run's own by another that goes on behind them.
    const strange = readFileSync(path).length - whole.length;
    run(2, { resume: true });
    expect((await problemsOf()).changed).toEqual([
      expect.stringContaining(`: ${strange} bytes of it belong to no run in its manifest`),
    ]);
    writeFileSync(path, whole);
    rmSync(`${path}.meta.json`);
    run(1, { resume: true });
    // What has no manifest was not checked before, and is not once a run with a manifest has gone on with it.
    expect((await problemsOf()).changed).toEqual([]);
    run(1, { resume: true, isKilled: true });
    expect((await problemsOf()).changed).toEqual([]);
  });

  it("is checked by what is packed in it, and not at all without a manifest or with one that says nothing", async () => {
    run(3);
    const text = readFileSync(path);
    const packed = `${path}.gz`;
    writeFileSync(packed, gzipSync(text));
    writeFileSync(`${packed}.meta.json`, readFileSync(`${path}.meta.json`));
    expect((await problemsOf(packed)).changed).toEqual([]);
    writeFileSync(packed, gzipSync(text.toString().replace("tiny", "tinx")));
    expect((await problemsOf(packed)).changed).toHaveLength(1);

    // As `gzip` leaves a log and its manifest: by the page's name the log is not packed.
    rmSync(`${packed}.meta.json`);
    const plain = readFileSync(path);
    rmSync(path);
    expect((await problemsOf(packed)).changed).toHaveLength(1);
    expect((await readTtftLogs(packed)).map(({ log_server }) => log_server)).toContain("http://a/v1");
    // The manifest is that of another log once there is one by its name.
    writeFileSync(path, plain);
    expect((await problemsOf(packed)).changed).toEqual([]);

    const merged = join(room, "merged.jsonl");
    writeFileSync(merged, text.toString().replace("tiny", "tinx"));
    expect((await problemsOf(merged)).changed).toEqual([]);
    for (const lines of [null, 7, {}, { from_byte: 0, to_byte: "9", sha256: "0" }]) {
      writeFileSync(`${merged}.meta.json`, JSON.stringify({ options: {}, started_at: "then", lines }));
      expect((await problemsOf(merged)).changed).toEqual([]);
    }
  });
});
