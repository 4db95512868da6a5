import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as doors from "../../src/api/methods.js";
import { qualityCommand } from "../../src/cli/commands/quality-command.js";
import type { Server } from "../../src/client/server.js";
import { METHOD_NAMES, METHODS, type MethodName } from "../../src/domain/records/methods.js";
import { parseBlendRecord } from "../../src/logs/records/record-lines.js";
import { blendTable } from "../../src/report/methods/blend-table.js";

const { lmcache: _chunks, ...makers } = doors;
const console = { out: process.stdout, err: process.stderr };
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const line = (method: MethodName, run_index: number) =>
  parseBlendRecord({ run_index, context_tokens: 100, ttft_seconds: 1, method });

describe("the list of methods", () => {
  it.each(METHOD_NAMES)("names what the library's door makes: %s", (name) => {
    const method = makers[METHODS[name].door]({} as Server);
    expect(method.name).toBe(name);
    const { recompute_ratio, tokens_per_chunk } = method.setting;
    expect(recompute_ratio !== null || tokens_per_chunk !== null).toBe(METHODS[name].recomputes !== null);
  });

  it("has everything that is a method in the door, and each word once", () => {
    const entries = Object.values(METHODS);
    expect(Object.keys(makers).sort()).toEqual(entries.map(({ door }) => door as string).sort());
    for (const key of ["title", "flag", "door"] as const) {
      expect(new Set(entries.map((entry) => entry[key])).size).toBe(entries.length);
    }
  });

  it("is what a log may hold, and no other word", () => {
    expect(METHOD_NAMES.map((name) => line(name, 1).method)).toEqual(METHOD_NAMES);
    expect(() => line("other" as MethodName, 1)).toThrow(`method must be one of ${METHOD_NAMES.join(", ")}`);
  });

  it("is the order of tables, whatever was measured first", () => {
    const rows = METHOD_NAMES.toReversed().map((name, index) => line(name, index + 1));
    expect(blendTable(rows).rows.map(({ label }) => label)).toEqual(METHOD_NAMES);
  });

  it("is what the command line offers", () => {
    const help = qualityCommand(console).helpInformation().replaceAll(/\s+/g, " ");
    const words = METHOD_NAMES.map((name) => METHODS[name].flag);
    const usual = METHOD_NAMES.filter((name) => METHODS[name].isUsual).map((name) => METHODS[name].flag);
    expect(help).toContain(`which of ${words.join(", ")} (default: ${usual.join(",")})`);
  });

  it.each(METHOD_NAMES)("is what the pages tell of: %s", (name) => {
    expect(read("docs/words.md").toLowerCase()).toContain(`| **${METHODS[name].title.toLowerCase()}** |`);
    expect(read("results/README.md")).toContain(`\`${name}\``);
    expect(read("docs/api/methods.md")).toContain(`methods.${METHODS[name].door}`);
  });
});
