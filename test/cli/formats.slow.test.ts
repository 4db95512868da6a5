import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as engine from "../../src/api/engine.js";
import * as mock from "../../src/api/mock.js";
import { TABLE_FORMATS, type TableFormat } from "../../src/cli/screen/console.js";
import { firsttokenHere } from "../support/cli-here.js";
import { allFlags } from "./all-flags.js";

const folder = mkdtempSync(join(tmpdir(), "formats-"));
let server: Awaited<ReturnType<typeof engine.serve>>;
let provider: Awaited<ReturnType<typeof mock.serve>>;
beforeAll(async () => {
  [server, provider] = await Promise.all([engine.serve({ model: "tiny", port: 0 }), mock.serve({ port: 0 })]);
});
afterAll(() => Promise.all([server.close(), provider.close()]));

/** The smallest run of each command. */
const RUNS: Readonly<Record<string, () => readonly string[]>> = {
  ttft: () => ["--max_ctx_tokens", "64", "--gap_seconds", "0", "--warm_ups", "0"],
  sweep: () => [
    "--context_sizes",
    "64,128",
    "--runs",
    "1",
    "--out_dir",
    join(folder, "sweep"),
    "--overwrite",
  ],
  prompts: () => ["--context_size", "64", "--runs", "1", "--overwrite"],
  blend: () => [
    "--input_lengths",
    "256",
    "--runs",
    "1",
    "--methods",
    "full,reuse",
    "--warm_ups",
    "0",
    "--overwrite",
  ],
  quality: () => [
    "--dataset",
    "multihop",
    "--samples",
    "3",
    "--methods",
    "full,reuse",
    "--no-aa",
    "--overwrite",
  ],
  load: () => [
    "--workload",
    "unique",
    "--prompt_tokens",
    "64",
    "--concurrency",
    "1",
    "--requests",
    "6",
    "--overwrite",
  ],
  proxy: () => [
    ...[
      "--provider-url",
      provider.url,
      "--proxy-url",
      provider.url,
      "--requests",
      "12",
      "--stream-requests",
      "12",
    ],
    ...[
      "--concurrency",
      "1",
      "--stream-concurrency",
      "1",
      "--blocks",
      "2",
      "--warmup",
      "1",
      "--stream-warmup",
      "1",
    ],
    "--overwrite",
  ],
};

/** What shows that an output is of its form. */
const LOOKS: Readonly<Record<TableFormat, (text: string) => unknown>> = {
  text: (text) => expect(text).toMatch(/\S/),
  markdown: (text) => expect(text).toMatch(/^\|.*\|\n\|[ :|-]+\|$/m),
  latex: (text) => expect(text).toContain("\\begin{tabular}"),
  csv: (text) => expect(text.split("\r\n")[0]!.split(",").length).toBeGreaterThan(4),
  json: (text) => expect(typeof JSON.parse(text)).toBe("object"),
};

describe("every command that measures", () => {
  it("is in this list", async () => {
    const flags = await allFlags();
    const having = (name: string) => flags.filter((flag) => flag.name === name).map(({ command }) => command);
    expect(having("format")).toEqual(Object.keys(RUNS));
    expect(having("chart").filter((command) => command !== "report")).toEqual(Object.keys(RUNS));
  });

  it.each(
    Object.entries(RUNS).flatMap(([command, run]) =>
      TABLE_FORMATS.map((format) => [command, format, run] as const),
    ),
  )(
    "%s prints %s, and draws its chart",
    async (command, format, run) => {
      const chart = join(folder, "charts", `${command}-${format}.svg`);
      const address = command === "proxy" ? [] : ["--api_base", server.url];
      const log = command === "sweep" ? [] : ["--out", join(folder, `${command}.jsonl`)];
      const given = [command, ...address, ...run(), ...log, "--format", format, "--chart", chart];
      const { code, stdout, stderr } = await firsttokenHere(given, { cwd: folder });
      expect({ code, stderr }).toMatchObject({ code: 0 });
      LOOKS[format](stdout);
      // What qualifies the numbers is said in every form, beside the data where these are data.
      if (command !== "ttft" || format !== "text")
        expect(format === "csv" || format === "json" ? stderr : stdout).toContain("docs/words.md");
      expect(readFileSync(chart, "utf8")).toMatch(/^<svg/);
    },
    60_000,
  );
});
