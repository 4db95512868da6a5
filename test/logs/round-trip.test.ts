import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import {
  BLEND_COLUMNS,
  PROXY_COLUMNS,
  QUALITY_COLUMNS,
  TTFT_COLUMNS,
} from "../../src/domain/records/columns.js";
import { LOAD_COLUMNS } from "../../src/domain/records/load-columns.js";
import { FILTERINGS, METHOD_NAMES, SELECTORS } from "../../src/domain/records/methods.js";
import { openRunLog } from "../../src/logs/files/run-log.js";
import { withoutOrigin } from "../../src/logs/log-origin.js";
import { readBlendLogs, readLoadLogs, readQualityLogs } from "../../src/logs/read-method-logs.js";
import { readProxyLogs } from "../../src/logs/read-proxy-logs.js";
import { readTtftLogs } from "../../src/logs/read-ttft-logs.js";
import {
  parseBlendRecord,
  parseLoadRecord,
  parseProxyRecord,
  parseQualityRecord,
  parseTtftRecord,
} from "../../src/logs/records/record-lines.js";
import { runs } from "../support/runs.js";

const room = mkdtempSync(join(tmpdir(), "round-trip-"));
afterAll(() => rmSync(room, { recursive: true }));

const odd = fc.constantFrom(0, -0, 5e-324, 0.1 + 0.2, 1e308, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY);
/** What a clock, a server or a division can make of a time or of a number of tokens. */
const measured = fc.oneof(fc.constant(null), odd, fc.double({ min: 0, noNaN: true }), fc.nat());
/** The difference of two clocks, or of sums of two clocks. */
const signed = fc.oneof(measured, fc.double(), fc.constantFrom(-0.000_214_3, Number.NEGATIVE_INFINITY));
/** What a model, a proxy or a dataset can say. */
const said = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(
    "",
    "NaN",
    "null",
    '{"a":NaN}',
    "\ud800",
    "\u2028",
    "\uFEFF",
    "\r",
    "\n",
    "\r\n",
    "\0",
    '"',
    "\\",
  ),
);
const maybeSaid = fc.option(said);
const countedOr = fc.option(fc.integer({ min: 1 }));
const oneOf = <T>(...values: T[]) => fc.constantFrom(...values);
const ending = fc.oneof(
  fc.constant({ outcome: "ok", error: null }),
  fc.record({ outcome: oneOf("error", "incomplete", "timeout"), error: said }),
);

/** Values by key; the keys that are not named here are times or tokens. */
const fields: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  run_index: fc.integer({ min: 1 }),
  context_tokens: fc.nat(),
  label: said,
  model: maybeSaid,
  prompt: maybeSaid,
  prompt_kind: maybeSaid,
  cache_state: oneOf("cold", "warm", "flushed", null),
  cache_control: oneOf(
    "unique_prompt",
    "cache_salt",
    "cache_prompt_false",
    "repeat",
    "reset",
    "filler",
    "none",
  ),
  evidence: oneOf("proven", "contradicted", "unproven"),
  evidence_source: maybeSaid,
  evidence_reason: maybeSaid,
  finish_reason: maybeSaid,
  remark: maybeSaid,
  trial: countedOr,
  token_counter: maybeSaid,
  started_at: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  method: oneOf(...METHOD_NAMES),
  selector: oneOf(...SELECTORS, null),
  check_layer: countedOr,
  filtering: oneOf(...FILTERINGS, null),
  kl_mass: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  top1_agreement: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  divergence_reason: maybeSaid,
  recomputed_ratio: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  example_id: said,
  dataset: oneOf("2wikimqa", "musique", "samsum", "multinews", "multihop"),
  wording: maybeSaid,
  dataset_sha256: maybeSaid,
  bundled_examples: countedOr,
  run_fingerprint: maybeSaid,
  left_out: oneOf(true, false, null),
  answer_parsed: oneOf(true, false, null),
  retrieved: fc.option(fc.array(said), { nil: null }),
  format: oneOf("chat", "completions", null),
  tokenised: oneOf("whole", "pieces", null),
  metric: said,
  score: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  prediction: maybeSaid,
  references: fc.array(said),
  target: oneOf("direct", "proxied"),
  mode: oneOf("chat", "stream"),
  concurrency: countedOr,
  repeat: countedOr,
  block: fc.integer({ min: 1 }),
  shard: fc.option(fc.nat()),
  shards: countedOr,
  block_starts_at: maybeSaid,
  block_measured_requests: countedOr,
  clock_offset_seconds: signed,
  status: fc.option(fc.integer({ min: 100, max: 999 })),
  client_limit: fc.option(oneOf("none", "busy", "late to sockets", "late to start")),
  workload: oneOf("unique", "shared_prefix", "document_pool", "sessions", "trace", "dataset"),
  arrivals: oneOf("closed", "constant", "poisson", "gamma", "trace"),
  ramp_strategy: oneOf("linear", "exponential", null),
  phase: oneOf("ramp_up", "measured", "ramp_down"),
  level: fc.integer({ min: 1 }),
  documents: fc.option(fc.array(said), { nil: null }),
  session: maybeSaid,
  turn: countedOr,
  gaps_seconds: fc.option(fc.array(fc.double({ min: 0, noNaN: true, max: 1e9 })), { nil: null }),
  block_steady: oneOf(true, false, null),
  first_lag_seconds: signed,
  last_lag_seconds: signed,
  overhead_header_seconds: signed,
};

/** A key that JSON writes as it is: JSON.parse of Node 26.10 now and then takes a key with an escape, as `"\\ufeff"`, for another. */
const plainKey = said.filter((key) => /^[^\p{C}\p{Zl}\p{Zp}"\\]*$/u.test(key));

/** Records with all of these keys, in their order, and what else there may be. */
const records = (keys: readonly string[]): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .tuple(
      fc.record(Object.fromEntries(keys.map((key) => [key, fields[key] ?? measured]))),
      ending,
      oneOf("reset", "timeout", "bad status", null),
      fc.dictionary(plainKey, fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string())), {
        maxKeys: 2,
      }),
    )
    .map(([record, end, failure, more]) => ({
      ...record,
      ...end,
      ...("failure" in record && { failure: end.outcome === "ok" ? null : failure }),
      ...Object.fromEntries(Object.entries(more).filter(([key]) => !keys.includes(key))),
    }));

const KINDS = [
  ["ttft", Object.keys(TTFT_COLUMNS), parseTtftRecord, readTtftLogs],
  ["blend", Object.keys(BLEND_COLUMNS), parseBlendRecord, readBlendLogs],
  ["quality", Object.keys(QUALITY_COLUMNS), parseQualityRecord, readQualityLogs],
  ["load", Object.keys(LOAD_COLUMNS), parseLoadRecord, readLoadLogs],
  ["proxy", Object.keys(PROXY_COLUMNS), parseProxyRecord, readProxyLogs],
] as const;

describe("what is written is read back", () => {
  it.each(KINDS)(
    "%s records with any values that servers, models and clocks can cause",
    async (kind, keys, parse, readLogs) => {
      const path = join(room, `${kind}.jsonl`);
      await fc.assert(
        fc.asyncProperty(fc.array(records(keys), { minLength: 1, maxLength: 16 }), async (rows) => {
          const log = openRunLog<unknown>(path, { overwrite: true }, (value) => parse(value));
          log.appendAll(rows);
          log.close();
          // What JSON has no number for is null.
          const written = rows.map((row) => JSON.parse(JSON.stringify(row)) as unknown);
          const resumed = openRunLog<unknown>(path, { resume: true }, (value) => parse(value));
          resumed.close();
          expect(resumed.earlier).toEqual(written);

          const one = openRunLog<unknown>(path, { overwrite: true }, (value) => parse(value));
          one.append(rows[0]!);
          one.close();
          const read = await readLogs(path, { onProblem: () => {} });
          expect(read.map(withoutOrigin)).toEqual(written.slice(0, 1));
        }),
        // Each run opens three logs, and a lock is a process.
        { numRuns: runs(4, 10) },
      );
    },
    180_000,
  );
});
