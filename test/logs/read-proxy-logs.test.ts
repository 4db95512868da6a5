import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { PROXY_COLUMNS } from "../../src/domain/records/columns.js";
import { readProxyLogs } from "../../src/logs/read-proxy-logs.js";
import { parseProxyRecord } from "../../src/logs/records/record-lines.js";
import { proxyRow } from "../report/proxy-rows.js";
import { jsonl } from "./ttft-row.js";

const room = mkdtempSync(join(tmpdir(), "proxy-logs-"));
afterAll(() => rmSync(room, { recursive: true }));
const file = (name: string, ...lines: readonly unknown[]): string => {
  const path = join(room, name);
  writeFileSync(path, jsonl(...lines));
  return path;
};

const line = { run_index: 1, target: "direct", mode: "chat", e2e_seconds: 0.5, outcome: "ok" };

describe("parseProxyRecord", () => {
  it("gives every key in the order of the table, null for what a line does not say, and keeps unknown keys", () => {
    const record = parseProxyRecord({ region: "eu", ...line });
    expect(Object.keys(record)).toEqual([...Object.keys(PROXY_COLUMNS), "region"]);
    expect(record).toEqual({
      ...Object.fromEntries(Object.keys(PROXY_COLUMNS).map((key) => [key, null])),
      ...line,
      region: "eu",
    });
  });

  it("reads back what was written, whatever the seconds", () => {
    const seconds = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(seconds, seconds, fc.option(fc.double({ min: -9, max: 9, noNaN: true })), (a, b, lag) => {
        const record = proxyRow({ e2e_seconds: a, ttft_seconds: b, first_lag_seconds: lag });
        expect(parseProxyRecord(JSON.parse(JSON.stringify(record)))).toEqual(
          JSON.parse(JSON.stringify(record)),
        );
      }),
    );
  });

  it.each([
    ["target", "sideways", "target must be one of direct, proxied"],
    ["mode", undefined, "mode is missing"],
    ["outcome", undefined, "outcome is missing"],
    ["e2e_seconds", undefined, "e2e_seconds is missing"],
    ["e2e_seconds", -1, "e2e_seconds must be null or a number, 0 or more; it is -1"],
    ["run_index", 0, "run_index must be an integer from 1"],
    ["concurrency", 1.5, "concurrency must be an integer from 1"],
    ["failure", "timeout", "failure must be null where outcome is ok"],
    ["failure", "bored", "failure must be one of not connected, reset"],
    ["first_lag_seconds", "soon", "first_lag_seconds must be null or a finite number"],
  ])("refuses %s of %j", (key, value, message) => {
    expect(() => parseProxyRecord({ ...line, [key]: value })).toThrow(message);
  });

  it("says so where a failure has no reason", () => {
    expect(parseProxyRecord({ ...line, e2e_seconds: null, outcome: "error" })).toMatchObject({
      failure: null,
      error: "the log does not say why",
    });
  });
});

describe("readProxyLogs", () => {
  it("keeps a row's own label, the source's key before it, and else the file's name", async () => {
    const path = file("gateway.jsonl", { ...line, label: "litellm" }, line);
    const labels = async (sources: Parameters<typeof readProxyLogs>[0]) =>
      (await readProxyLogs(sources)).map(({ label }) => label);
    expect(await labels(path)).toEqual(["litellm", "gateway"]);
    expect(await labels({ "v1.80": path })).toEqual(["v1.80: litellm", "v1.80"]);
  });

  it("names file and line of a bad line", async () => {
    const path = file("bad.jsonl", line, { ...line, status: "fine" });
    await expect(readProxyLogs(path)).rejects.toThrow(/bad\.jsonl, line 2: status must be an integer from 1/);
  });
});
