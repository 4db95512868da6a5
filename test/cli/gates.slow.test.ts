import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firsttokenHere } from "../support/cli-here.js";
import { type EngineHere, engineHere } from "../support/engine-here.js";
import { FAKE_PROXY } from "../support/fake-proxy.js";
import { freePort } from "../support/free-port.js";

const folder = mkdtempSync(join(tmpdir(), "gates-"));
let serving: EngineHere;
beforeAll(async () => {
  serving = await engineHere();
});
afterAll(() => serving.close());

let runs = 0;
const out = () => join(folder, `run-${++runs}.jsonl`);

/** Each measuring command with as few requests as it takes. */
const commands = {
  ttft: () => [
    ...["ttft", "--api_base", serving.url, "--max_ctx_tokens", "300", "--max_tokens", "4"],
    ...["--gap_seconds", "0", "--warm_ups", "1", "--out", out()],
  ],
  sweep: () => [
    ...["sweep", "--api_base", serving.url, "--context_sizes", "100", "--runs", "2"],
    ...["--out_dir", out()],
  ],
  prompts: () => [
    ...["prompts", "--api_base", serving.url, "--context_size", "100", "--runs", "1", "--out", out()],
  ],
  blend: () => [
    ...["blend", "--api_base", serving.url, "--input_lengths", "128", "--trials", "2"],
    ...["--methods", "full,prefix", "--warm_ups", "0", "--chunks", "2", "--out", out()],
  ],
  quality: () => [
    ...["quality", "--api_base", serving.url, "--dataset", "multihop", "--samples", "5"],
    ...["--max_tokens", "3", "--methods", "full,prefix", "--out", out()],
  ],
} as const;

describe("--fail-if", () => {
  it.each(
    Object.entries(commands),
  )("lets %s end with 1 and say why, and with 0 where no rule holds", async (_, args) => {
    const failing = await firsttokenHere([...args(), "--fail-if", "ttft_median>0ms", "--fail-if", "errors"]);
    expect(failing.code).toBe(1);
    expect(failing.stderr).toMatch(/^Failed: ttft_median>0ms: ttft_median of .* is [\d.]+ s/m);
    expect(failing.stderr).not.toContain("Failed: errors");
    const held = await firsttokenHere([...args(), "--fail_if", "ttft_median>1000", "--fail-if", "errors>0"]);
    expect(held.stderr).not.toContain("Failed:");
    expect(held.code).toBe(0);
  });

  it("fails a run whose numbers can't be judged", async () => {
    const oneToken = ["--max_tokens", "1", "--fail-if", "itl_median>1000"];
    const { code, stderr } = await firsttokenHere([...commands.blend(), ...oneToken]);
    expect(code).toBe(1);
    expect(stderr).toContain("can't be judged: no counted request reports its ITL");
  });

  it("fails a quality run that does not show a method to be no worse", async () => {
    const { code, stderr } = await firsttokenHere([...commands.quality(), "--fail-if", "not no-worse"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Failed: not no-worse: .*no worse is not shown of Prefix cache on multihop, token_f1/m,
    );
  });

  it("stands in the JSON beside the rows, which are as before where no rule is given", async () => {
    const plain = await firsttokenHere([...commands.blend(), "--json"]);
    expect(JSON.parse(plain.stdout)).toHaveLength(2);
    const gated = await firsttokenHere([...commands.blend(), "--json", "--fail-if", "ttft_median>0"]);
    const { rows, gates } = JSON.parse(gated.stdout);
    expect(rows).toHaveLength(2);
    expect(gates).toMatchObject([{ gate: "ttft_median>0", failed: true, rows: [{ reason: null }, {}] }]);
    expect(gates[0].rows[0].value).toBeGreaterThan(0);
  });

  it("of a proxy looks at its overhead, and stands in its JSON file", async () => {
    const [port, log] = [String(await freePort()), out()];
    const json = join(folder, "proxy.json");
    const { code, stderr } = await firsttokenHere([
      ...["proxy", "--proxy-command", `"${process.execPath}" '${FAKE_PROXY}'`, "--proxy-port", port],
      ...["--provider-port", "0", "--litellm-dir", folder, "--requests", "24", "--concurrency", "4"],
      ...["--stream-requests", "12", "--stream-concurrency", "2", "--warmup", "2", "--stream-warmup", "2"],
      ...["--out", log, "--output-json", json, "--percentiles", "50,75"],
      ...["--fail-if", "overhead>-10", "--fail-if", "e2e_median>1000"],
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Failed: overhead>-10: overhead of .*chat × 4 is -?[\d.]+ s/m);
    const { gates, overhead } = JSON.parse(readFileSync(json, "utf8")).firsttoken;
    expect(gates.map(({ failed }: { failed: boolean }) => failed)).toEqual([true, false]);
    expect(overhead[0].proxied_latency_p75_seconds).toBeGreaterThan(0);
  });

  it.each([
    ["ttft_p95", "needs a limit"],
    ["goodput<5", "must ask for one of"],
    ["ttft_p95>soon", "needs a number"],
  ])("refuses %j before the first request", async (rule, why) => {
    const { code, stderr } = await firsttokenHere([...commands.sweep(), "--fail-if", rule]);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
  });
});

describe("--percentiles and --times", () => {
  it("add columns to the tables of sweep, blend and quality", async () => {
    for (const args of [commands.sweep(), commands.blend(), commands.quality()]) {
      const { code, stdout } = await firsttokenHere([
        ...args,
        "--percentiles",
        "50,75,99",
        "--times",
        "itl,e2e",
      ]);
      expect(code).toBe(0);
      expect(stdout).toContain("p75");
      expect(stdout).toContain("ITL");
      expect(stdout).toContain("a p99 needs 100 requests");
    }
  });

  it("are refused where they are none", async () => {
    for (const [flag, value] of [
      ["--percentiles", "0"],
      ["--percentiles", "50,"],
      ["--times", "latency"],
    ] as const) {
      expect((await firsttokenHere([...commands.sweep(), flag, value])).code).toBe(2);
    }
  });
});
