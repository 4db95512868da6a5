import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLines } from "../support/cli.js";
import { firsttokenHere } from "../support/cli-here.js";
import { type EngineHere, engineHere } from "../support/engine-here.js";
import { answerWell, scriptedServer } from "../support/scripted-server.js";

const folder = mkdtempSync(join(tmpdir(), "ttft-"));
let serving: EngineHere;
beforeAll(async () => {
  serving = await engineHere();
});
afterAll(() => serving.close());

let runs = 0;
const ttft = async (...args: string[]) => {
  const out = join(folder, `${++runs}.jsonl`);
  const server = ["--api_base", serving.url, "--max_tokens", "4", "--gap_seconds", "0"];
  const result = await firsttokenHere(["ttft", ...server, "--out", out, ...args]);
  return { ...result, out, records: jsonLines(readFileSync(out, "utf8")) };
};

describe("firsttoken ttft", () => {
  it("prints the original's lines and writes the seed's keys first", async () => {
    const { code, stdout, records } = await ttft("--max_ctx_tokens", "1000");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\n=== Run 1: baseline TTFT ===\n.*\nTTFT_1 = [\d.]+s\n/);
    expect(stdout).toMatch(
      /\n\(no KV-cache flush requested\)\n\n=== Run 2: TTFT continued ===\n.*\nTTFT_2 = [\d.]+s\n\nCold \/ warm: × [\d.,]+ \(no interval: 1 cold, 1 warm\), [\d.,]+ \/ [\d.,]+ ms; cache state by the server's own report: 2 proven, 0 contradicted, 0 unproven\.\n$/,
    );
    expect(Object.keys(records[0]!).slice(0, 3)).toEqual(["run_index", "context_tokens", "ttft_seconds"]);
    expect(records).toMatchObject([
      { run_index: 1, context_tokens: 1_000, cache_state: "cold", evidence: "proven", outcome: "ok" },
      { run_index: 2, context_tokens: 1_000, cache_state: "warm", evidence: "proven", outcome: "ok" },
    ]);
  });

  it("takes the port alone, and flags with dashes", async () => {
    const out = join(folder, "port.jsonl");
    const port = new URL(serving.url).port;
    const args = ["--max-ctx-tokens", "100", "--num-following=0", "--max_tokens", "1", "--out", out];
    const { code } = await firsttokenHere(["ttft", port, ...args]);
    expect(code).toBe(0);
    expect(jsonLines(readFileSync(out, "utf8"))).toHaveLength(1);
  });

  it("clears the log at start and says in the page beside it how it was made, without the key", async () => {
    const { out } = await ttft(
      "--max_ctx_tokens",
      "100",
      "--num_following",
      "0",
      "--api_key",
      "sk-secret-0123456789",
    );
    expect(jsonLines(readFileSync(out, "utf8"))).toHaveLength(1);
    const page = readFileSync(`${out}.meta.json`, "utf8");
    expect(JSON.parse(page)).toMatchObject({
      server: serving.url,
      server_software: "the embedded engine",
      model: "tiny",
      options: { max_ctx_tokens: 100 },
    });
    expect(page).not.toContain("sk-secret");
  });

  describe("with the bundled document", () => {
    let server: Awaited<ReturnType<typeof scriptedServer>>;
    beforeAll(async () => {
      server = await scriptedServer((response) => answerWell(response));
    });
    afterAll(() => server.close());
    const once = async (...flags: string[]) => {
      const out = join(folder, `${++runs}.jsonl`);
      const { stderr } = await firsttokenHere([
        ...[
          "ttft",
          "--api_base",
          server.url,
          "--num_following",
          "0",
          "--warm_ups",
          "0",
          "--out",
          out,
          ...flags,
        ],
      ]);
      return { stderr, sent: JSON.stringify(server.chats.at(-1)!.messages) };
    };

    it.each([
      ["-C"],
      ["--context_file", ""],
      ["--context-file="],
    ])("takes it for the flag alone: %j", async (...flag) => {
      const { stderr, sent } = await once(...flag);
      expect(stderr).toContain("Context: the bundled guide to ffmpeg,");
      expect(sent.length).toBeGreaterThan(20_000);
    });

    it("repeats it where a larger context is asked for, and says so", async () => {
      const whole = (await once("-C")).sent;
      const { stderr, sent } = await once("-C", "--max_ctx_tokens", "24000");
      expect(stderr).toMatch(/24,000 tokens, repeated \d times under numbered headings, cut to fit/);
      expect(sent.length).toBeGreaterThan(2 * whole.length);
    });
  });

  it("reads the user's own document, whole, and names the counter", async () => {
    const { stderr, records } = await ttft(
      "-C",
      join(import.meta.dirname, "../../LICENSE"),
      "--num_following",
      "0",
    );
    expect(stderr).toContain("tokens counted by server /tokenize");
    expect(stderr).toContain("LICENSE");
    expect(records[0]!.context_tokens).toBeGreaterThan(1_500);
  });

  it("flushes once after run 1 by the server's own reset, so that only the next run is cold again", async () => {
    const { stdout, records } = await ttft("--max_ctx_tokens", "500", "-F", "--num_following", "2");
    expect(stdout).toContain("Flushed the KV cache: POST /reset_prefix_cache");
    expect(stdout).toContain("=== Run 2: TTFT post-flush ===");
    expect(records).toMatchObject([
      { cache_state: "cold", cache_control: "cache_salt", evidence: "proven" },
      { cache_state: "flushed", cache_control: "reset", evidence: "proven", cached_tokens: 0 },
      { cache_state: "warm", cache_control: "repeat", evidence: "proven" },
    ]);
  });

  it("flushes with ten one-token fillers of 100,000 characters, each another text, where there is no reset", async () => {
    const server = await scriptedServer((response) => answerWell(response));
    const out = join(folder, "filler.jsonl");
    const args = ["--max_ctx_tokens", "64", "--warm_ups", "0", "--out", out, "-F"];
    const { code, stdout } = await firsttokenHere(["ttft", "--api_base", server.url, ...args]);
    await server.close();
    expect(code).toBe(0);
    expect(stdout).toContain("Flushed the KV cache: 10 filler prompts of 100,000 characters");
    const fillers = server.chats.slice(1, -1);
    expect(fillers).toHaveLength(10);
    for (const filler of fillers) expect(filler.max_tokens).toBe(1);
    expect(new Set(fillers.map((filler) => JSON.stringify(filler.messages))).size).toBe(10);
    expect(jsonLines(readFileSync(out, "utf8"))[1]).toMatchObject({
      cache_state: "flushed",
      cache_control: "filler",
    });
  });
});
