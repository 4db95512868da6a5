import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firsttoken, jsonLines } from "../support/cli.js";
import { answerWell, type ScriptedServer, scriptedServer } from "../support/scripted-server.js";

let server: ScriptedServer;
let onChat = (_count: number): void => {};
beforeAll(async () => {
  server = await scriptedServer((response, { count }) => {
    onChat(count);
    setTimeout(() => answerWell(response), 30);
  });
});
afterAll(() => server.close());

const rooms: string[] = [];
const newFolder = () => {
  rooms.push(mkdtempSync(join(tmpdir(), "one-writer-")));
  return rooms.at(-1)!;
};
afterAll(() => {
  for (const room of rooms) rmSync(room, { recursive: true, force: true });
});

const rowsOf = (path: string) => jsonLines(readFileSync(path, "utf8"));
const ttft = (out: string, ...args: string[]) =>
  firsttoken([
    ...["ttft", "--api_base", server.url, "--max_ctx_tokens", "50", "--gap_seconds", "0", "--out", out],
    ...args,
  ]);
const sweep = (folder: string, ...args: string[]) =>
  firsttoken([
    ...["sweep", "--api_base", server.url, "--context_sizes", "100", "--runs", "6", "--out_dir", folder],
    ...args,
  ]);

describe("two runs on one log", () => {
  it("are one run and a refusal: ttft", async () => {
    const out = join(newFolder(), "ttft.jsonl");
    const results = await Promise.all([1, 2].map(() => ttft(out, "--num_following", "40")));
    expect(results.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(results.find(({ code }) => code === 1)!.stderr).toContain(
      `${out} is being written by another run`,
    );
    expect(rowsOf(out).map(({ run_index }) => run_index)).toEqual(
      Array.from({ length: 41 }, (_, i) => i + 1),
    );
  });

  it("are one run and a refusal: two that resume a sweep", async () => {
    const folder = newFolder();
    const log = join(folder, "all_ttft_results.jsonl");
    await sweep(folder, "--runs", "1");
    const results = await Promise.all([1, 2, 3].map(() => sweep(folder, "--resume", "--runs", "20")));
    expect(results.map(({ code }) => code).sort()).toEqual([0, 1, 1]);
    const cells = rowsOf(log).map(({ trial, cache_state }) => `${trial} ${cache_state}`);
    expect(cells).toHaveLength(40);
    expect(new Set(cells).size).toBe(40);
  });
});

describe("a run whose log is taken away", () => {
  it("ends with 1 and has every record in it again, with its page", async () => {
    const folder = newFolder();
    const log = join(folder, "all_ttft_results.jsonl");
    const start = server.chats.length;
    onChat = (count) => {
      if (count === start + 16) rmSync(folder, { recursive: true });
    };
    const { code, stderr } = await sweep(folder);
    onChat = () => {};
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /was deleted or moved away .* Its \d+ records are in it again; continue with --resume/,
    );
    const kept = rowsOf(log);
    expect(kept.length).toBeGreaterThan(3);
    expect(existsSync(`${log}.meta.json`)).toBe(true);
    expect((await sweep(folder, "--resume")).code).toBe(0);
    expect(rowsOf(log).slice(0, kept.length)).toEqual(kept);
    expect(rowsOf(log)).toHaveLength(12);
  });
});

describe("a log that is there", () => {
  it("is kept, with its page, until the new run has a record", async () => {
    const out = join(newFolder(), "ttft.jsonl");
    await ttft(out, "--num_following", "2");
    const before = [readFileSync(out, "utf8"), readFileSync(`${out}.meta.json`, "utf8")];
    const now = () => [readFileSync(out, "utf8"), readFileSync(`${out}.meta.json`, "utf8")];

    const start = server.chats.length;
    const seen: string[][] = [];
    onChat = (count) => {
      // Two warm-ups and the first request: nothing is answered yet that would be recorded.
      if (count <= start + 3) seen.push(now());
    };
    const gone = await firsttoken(["ttft", "--api_base", "http://127.0.0.1:9/v1", "--out", out]);
    expect([gone.code, now()]).toEqual([1, before]);
    expect((await ttft(out, "--num_following", "0")).code).toBe(0);
    onChat = () => {};
    expect(seen).toEqual([before, before, before]);
    expect(rowsOf(out)).toHaveLength(1);
    expect(JSON.parse(now()[1]!).started_at).not.toBe(JSON.parse(before[1]!).started_at);
  });
});

describe("a file of another origin in a sweep's folder", () => {
  const foreign = '{"run_index":1,"context_tokens":100,"ttft_seconds":0.5,"label":"by hand"}\n';

  it("is never replaced unless it may be overwritten", async () => {
    const folder = newFolder();
    const path = join(folder, "ttft_100.jsonl");
    writeFileSync(path, foreign);
    const start = server.chats.length;
    const begun = await sweep(folder);
    expect([begun.code, readFileSync(path, "utf8"), server.chats.length]).toEqual([1, foreign, start]);
    expect(begun.stderr).toContain(`${path} exists already`);

    rmSync(path);
    expect((await sweep(folder, "--runs", "1")).code).toBe(0);
    writeFileSync(path, foreign);
    const refused = await sweep(folder, "--resume", "--runs", "2", "--prompt", "Another question");
    expect([refused.code, readFileSync(path, "utf8")]).toEqual([1, foreign]);

    const resumed = await sweep(folder, "--resume", "--runs", "2");
    expect([resumed.code, readFileSync(`${path}.kept`, "utf8")]).toEqual([0, foreign]);
    expect(resumed.stderr).toContain(`${path} held other records than`);
    expect(rowsOf(path)).toEqual(rowsOf(join(folder, "all_ttft_results.jsonl")));
    writeFileSync(path, foreign);
    expect((await sweep(folder, "--overwrite", "--runs", "1")).code).toBe(0);
    expect(rowsOf(path)).toHaveLength(2);
  });
});
