import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { firsttokenHere } from "../support/cli-here.js";
import { temporaryFolder } from "../support/temporary-files.js";

const folder = temporaryFolder();
let asked = 0;
let url = "";
const server = createServer((_, response) => {
  asked += 1;
  response.end('{"data":[{"id":"m"}]}');
});
beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => server.close());

const LOAD = ["load", "--rates", "1"];
const cases: readonly (readonly [argv: readonly string[], rule: string, reason: string])[] = [
  [[...LOAD, "--requests", "99"], "ttft_p99>1", "a p99 needs 100 requests, and a row has 99 (--requests)"],
  [[...LOAD, "--level_seconds", "9"], "itl_p95>1", "and a row has 9 (--level_seconds)"],
  [["load", "--ramp", "1:3:15"], "ttft_p99>1", "(--ramp)"],
  [[...LOAD, "--methods", "full"], "speedup<2", "--methods must name full and another one"],
  [[...LOAD, "--methods", "prefix"], "speedup<2", "--methods must name full and another one"],
  [[...LOAD, "--blocks", "5"], "speedup_low<1", "needs 6 blocks, and a row has 5 (--blocks)"],
  [
    ["load", "--find_limit", "--slo", "ttft=1", "--requests", "50"],
    "ttft_p99>1",
    "and a row has 50 (--requests)",
  ],
  [["blend"], "ttft_p90>1", "a p90 needs 10 requests, and a row has 5 (--runs)"],
  [["blend", "--methods", "full"], "speedup<2", "--methods must name full and another one"],
  [["blend", "--runs", "4"], "speedup_low<2", "needs 5 requests, and a row has 4 (--runs)"],
  [["sweep", "--runs", "19"], "cold_ttft_p95>1", "a p95 needs 20 requests, and a row has 19 (--runs)"],
  [["prompts"], "warm_ttft_p95>1", "and a row has 5 (--runs)"],
  [["quality", "--dataset", "multihop", "--samples", "19"], "e2e_p95>9", "(the examples of --dataset)"],
  [
    ["quality", "--dataset", "multihop", "--samples", "4", "--methods", "full", "--no-aa"],
    "not no-worse",
    "--methods must name full and another one",
  ],
  [["ttft"], "ttft_p90>1", "has 1 (one cold request"],
  [["ttft", "--num_following", "0"], "speedup<2", "there are no warm requests (--num_following)"],
];

it("is refused before anything is asked where a run can't be judged by it, in the words of the flags", async () => {
  for (const [argv, rule, reason] of cases) {
    const out = argv[0] === "sweep" ? [] : ["--out", join(folder, "log.jsonl")];
    const { code, stderr } = await firsttokenHere([...argv, "--api_base", url, ...out, "--fail-if", rule]);
    const said = stderr.replace(/\s+/g, " ");
    expect(said, argv.join(" ")).toContain("--fail-if can't be judged by this run");
    expect(said, argv.join(" ")).toContain(reason);
    expect(code).toBe(2);
  }
  const proxy = [
    "proxy",
    "--proxy-url",
    url,
    "--provider-url",
    url,
    "--model",
    "m",
    "--out",
    join(folder, "p.jsonl"),
  ];
  for (const [more, rule] of [
    [["--requests", "90"], "e2e_p99>1"],
    [["--stream-requests", "90"], "ttft_p99>1"],
    [["--blocks", "5"], "overhead_high>1"],
  ] as const) {
    const { code, stderr } = await firsttokenHere([...proxy, ...more, "--fail-if", rule]);
    expect([code, stderr.replace(/\s+/g, " ")]).toEqual([
      2,
      expect.stringContaining("can't be judged by this run"),
    ]);
  }
  expect(asked).toBe(0);
});
