import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { wholePrompt } from "../../src/domain/records/chunked-prompt.js";
import { datasets, workloads } from "../../src/index.js";
import { random } from "../../src/stats/random.js";
import { openaiCounter } from "../../src/tokens/local-tokenizers.js";
import { expectedCached } from "../../src/workloads/expected.js";
import type { Workload } from "../../src/workloads/workload.js";
import { temporaryFolder } from "../support/temporary-files.js";

const tokens = openaiCounter("gpt-4o")!;
const folder = temporaryFolder();
let files = 0;
function file(content: string | Buffer): string {
  files += 1;
  const path = join(folder, `trace-${files}`);
  writeFileSync(path, content);
  return path;
}
const lines = (...rows: readonly (object | string)[]) =>
  file(rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row))).join("\n"));
const requestsOf = (workload: Workload, count: number, before = 0) =>
  workload.requests(tokens, { texts: random("nonce"), order: random("seed"), count, before });

/** The form of kvcache-ai/Mooncake's FAST25 traces; the lengths are made up. */
const MOONCAKE = [
  { timestamp: 0, input_length: 1_100, output_length: 52, hash_ids: [0, 1, 2] },
  { timestamp: 0, input_length: 1_536, output_length: 26, hash_ids: [0, 1, 3] },
  { timestamp: 3_052, input_length: 1_537, output_length: 30, hash_ids: [0, 1, 3, 4] },
];

/** The first rows of BurstGPT_1.csv, as its page shows them, and one that failed. */
const BURSTGPT = `Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
5,ChatGPT,472,18,490,Conversation log
45,ChatGPT,1087,230,1317,Conversation log
100,GPT-4,417,0,417,Conversation log
118,GPT-4,17,276,293,Conversation log
`;

describe("Mooncake's trace", () => {
  it("is replayed at its own times, with prompts as long as it says that share the blocks it names", async () => {
    const requests = await requestsOf(await workloads.trace(lines(...MOONCAKE)), 3);
    expect(requests.map(({ startsAtSeconds }) => startsAtSeconds)).toEqual([0, 0, 3.052]);
    expect(requests.map(({ maxTokens }) => maxTokens)).toEqual([52, 26, 30]);
    for (const [index, { prompt }] of requests.entries())
      expect(await tokens.count(wholePrompt(prompt))).toBe(MOONCAKE[index]!.input_length);
    expect(expectedCached(requests).map(({ prefixTokens }) => prefixTokens)).toEqual([0, 1_024, 1_536]);
  });

  it("has another text for a shorter block of the same name, so that a cache finds no more than the plan", async () => {
    const rows = [
      { timestamp: 0, input_length: 1_024, output_length: 5, hash_ids: [0, 1] },
      { timestamp: 0, input_length: 700, output_length: 5, hash_ids: [0, 1] },
      { timestamp: 0, input_length: 300, output_length: 5, hash_ids: [0] },
    ];
    const requests = await requestsOf(await workloads.trace(lines(...rows)), 3);
    const texts = requests.map(({ prompt }) => wholePrompt(prompt));
    expect(expectedCached(requests).map(({ prefixTokens }) => prefixTokens)).toEqual([0, 512, 0]);
    const first = requests[0]!.prompt.chunks[0]!;
    for (const [index, shared] of [first.length, 0].entries())
      expect(texts[index + 1]!.slice(shared, shared + 40)).not.toBe(texts[0]!.slice(shared, shared + 40));
  });

  it("is scaled in time and in size", async () => {
    const scaled = await workloads.trace(lines(...MOONCAKE), { timeScale: 0.5, lengthScale: 0.125 });
    const requests = await requestsOf(scaled, 3);
    expect(requests[2]!.startsAtSeconds).toBeCloseTo(1.526, 9);
    expect(expectedCached(requests).map(({ prefixTokens }) => prefixTokens)).toEqual([0, 128, 192]);
    expect(await tokens.count(wholePrompt(requests[1]!.prompt))).toBe(192);
    expect(requests.map(({ maxTokens }) => maxTokens)).toEqual([7, 3, 4]);
  });

  it("keeps its own times where a time scale is asked for, and leaves them to the level where none is", async () => {
    const path = lines(...MOONCAKE);
    expect(await workloads.trace(path)).toMatchObject({ keepsOwnTimes: false, settings: { timeScale: 1 } });
    expect(await workloads.trace(path, { timeScale: 1 })).toMatchObject({ keepsOwnTimes: true });
  });

  it("goes on in the next block, and begins again with new texts and later times after its end", async () => {
    const replayed = await workloads.trace(lines(...MOONCAKE));
    const all = await requestsOf(replayed, 7);
    const starts = all.map(({ startsAtSeconds }) => startsAtSeconds!);
    expect([...starts].sort((a, b) => a - b)).toEqual(starts);
    expect(expectedCached(all)[3]!.prefixTokens).toBe(0);
    expect(expectedCached(all)[4]!.prefixTokens).toBe(1_024);
    const later = await requestsOf(replayed, 3, 4);
    expect(later.map(({ prompt }) => prompt)).toEqual(all.slice(4).map(({ prompt }) => prompt));
    expect(later[0]!.startsAtSeconds).toBe(0);
  });

  it("tells its file's fingerprint and how many requests it has, and takes the first of them", async () => {
    const { settings } = await workloads.trace(
      file(gzipSync(MOONCAKE.map((row) => JSON.stringify(row)).join("\r\n"))),
      { requests: 2 },
    );
    expect(settings).toMatchObject({ format: "mooncake", requests: 2, failed: 0, timeScale: 1 });
    expect(settings.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  const good = MOONCAKE[0]!;
  it.each([
    [
      "goes back in time",
      [
        { ...good, timestamp: 9 },
        { ...good, timestamp: 3 },
      ],
      "line 2: its timestamp goes back, from 9 to 3 ms.",
    ],
    [
      "has hash_ids that do not match its length",
      [good, { ...good, input_length: 1_025, hash_ids: [0, 1] }],
      "line 2: has 2 hash_ids, but 1025 tokens are 3 blocks of 512.",
    ],
    ["has a hole", [good, "", good], "line 2: is empty, so a request may be missing."],
    [
      "lacks a length",
      [good, { timestamp: 1, output_length: 2, hash_ids: [] }],
      "line 2: has no input_length.",
    ],
    ["lacks a timestamp", [{ ...good, timestamp: null }], "line 1: has no timestamp."],
    [
      "has a negative length",
      [{ ...good, input_length: -4 }],
      "line 1: input_length must be a whole number of tokens, at least 1; it is -4.",
    ],
    [
      "has a negative output",
      [{ ...good, output_length: -1 }],
      "line 1: output_length must be a whole number of tokens, at least 1; it is -1.",
    ],
    [
      "has a length that is a text",
      [{ ...good, input_length: "12" }],
      'line 1: input_length must be a whole number of tokens, at least 1; it is "12".',
    ],
    [
      "lacks hash_ids that others have",
      [good, { ...good, hash_ids: undefined }],
      "line 2: has no hash_ids, as those before it have.",
    ],
    ["is cut", [good, '{"timestamp": 5, "input_le'], "line 2: is not a JSON object."],
  ])("is refused where a line %s, by that line", async (_what, rows, message) => {
    const path = lines(...rows);
    const error = await workloads.trace(path).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(datasets.DatasetError);
    expect((error as Error).message).toBe(`The trace ${path}, ${message}`);
  });

  it("may name no blocks at all: then its prompts share nothing", async () => {
    const requests = await requestsOf(
      await workloads.trace(lines({ ...good, hash_ids: undefined }, { ...good, hash_ids: undefined })),
      2,
    );
    expect(expectedCached(requests).map(({ prefixTokens }) => prefixTokens)).toEqual([0, 0]);
    expect(await tokens.count(wholePrompt(requests[1]!.prompt))).toBe(1_100);
  });
});

describe("BurstGPT's trace", () => {
  it("has prompts of its lengths at its times, without the requests that failed, and tells how many did", async () => {
    const burst = await workloads.trace(file(BURSTGPT));
    const requests = await requestsOf(burst, 3);
    expect(requests.map(({ startsAtSeconds }) => startsAtSeconds)).toEqual([0, 40, 113]);
    expect(requests.map(({ maxTokens }) => maxTokens)).toEqual([18, 230, 276]);
    const lengths = await Promise.all(requests.map(({ prompt }) => tokens.count(wholePrompt(prompt))));
    expect(lengths).toEqual([472, 1_087, 17]);
    expect(burst.settings).toMatchObject({ format: "burstgpt", requests: 3, failed: 1 });
  });

  it("tells sessions and turns where it has them", async () => {
    const burst = await workloads.trace(
      file(
        "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n" +
          "1,a,2,ChatGPT,70,18,88,Conversation log\n2,,1,ChatGPT,70,18,88,API log\n3,a,2,ChatGPT,90,18,108,Conversation log\n",
      ),
    );
    expect((await requestsOf(burst, 3)).map(({ session, turn }) => [session, turn])).toEqual([
      ["a", 1],
      [null, null],
      ["a", 2],
    ]);
  });

  it.each([
    [BURSTGPT.replace("45,", "4,"), "line 3: its Timestamp goes back, from 5 to 4 s."],
    [BURSTGPT.replace("1087", "-3"), 'line 3: Request tokens must be a number of at least 0; it is "-3".'],
    [BURSTGPT.replace("1087", ""), "line 3: has no Request tokens."],
    [BURSTGPT.replace("1087,", ""), "line 3: has 5 fields where the header has 6."],
    [
      BURSTGPT.replace("1087", "1.5"),
      "line 3: Request tokens must be a whole number of tokens, at least 0; it is 1.5.",
    ],
  ])("is refused where a line is no request, by that line", async (content, message) => {
    const path = file(content);
    await expect(workloads.trace(path)).rejects.toThrow(`The trace ${path}, ${message}`);
  });
});

describe("a trace", () => {
  it.each([
    ["", "is empty."],
    ["\n\n", "is empty."],
    [BURSTGPT.split("\n")[0]!, "has no request that could be sent."],
    ["a,b\n1,2\n", /is neither Mooncake's JSONL nor BurstGPT's CSV/],
  ])("is refused where it holds nothing of the kind: %j", async (content, message) => {
    await expect(workloads.trace(file(content))).rejects.toThrow(message);
  });

  it("is refused where there is none, and with scales that make no sense", async () => {
    await expect(workloads.trace(join(folder, "none"))).rejects.toThrow(/^The trace .* can't be read/);
    await expect(workloads.trace(file(BURSTGPT), { timeScale: 0 })).rejects.toThrow(
      "timeScale must be above 0; received 0.",
    );
    await expect(workloads.trace(file(BURSTGPT), { lengthScale: -1 })).rejects.toThrow(
      "lengthScale must be above 0; received -1.",
    );
    await expect(workloads.trace(file(BURSTGPT), { requests: 0 })).rejects.toThrow(
      /requests must be a whole number of at least 1/,
    );
  });
});
