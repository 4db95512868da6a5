import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { LogError } from "../../../src/domain/errors/errors.js";
import { withoutSecrets } from "../../../src/domain/secrets/named-secrets.js";
import { readManifest, runsOf, writeManifest } from "../../../src/logs/files/manifest.js";
import { runEnvironment } from "../../../src/logs/files/run-environment.js";

const room = mkdtempSync(join(tmpdir(), "metadata-"));
afterAll(() => rmSync(room, { recursive: true }));

const log = join(room, "vllm.jsonl");
const facts = {
  server: "http://localhost:8000/v1",
  server_software: "vLLM 0.33.0",
  model: "tiny",
  seed: 7,
  options: { contextTokens: [1000, 4000], runs: 5, maxTokens: 1, max_ctx_tokens: 131072, eos_token: "</s>" },
  started_at: "2026-11-20T10:00:00.000Z",
};

describe("run metadata", () => {
  it("comes back as it was written, with where the run was", () => {
    writeManifest(log, facts);
    expect(readManifest(log)).toEqual({ ...facts, ...runEnvironment() });
    expect(readdirSync(room)).toEqual(["vllm.jsonl.meta.json"]);
  });

  it("has an entry for each run that wrote to the log, and reads manifests that have one alone", () => {
    writeManifest(log, facts);
    const [first] = runsOf(readManifest(log));
    writeManifest(log, { ...facts, seed: 8 }, [first!]);
    const two = runsOf(readManifest(log));
    writeManifest(log, { ...facts, seed: 9 }, two);
    expect(runsOf(readManifest(log)).map(({ seed }) => seed)).toEqual([7, 8, 9]);
    expect(readManifest(log)).toMatchObject({ ...first, resumed: [{ seed: 8 }, { seed: 9 }] });
    expect(runsOf(null)).toEqual([]);
    writeFileSync(`${log}.meta.json`, JSON.stringify({ ...first, resumed: [{}] }));
    expect(() => readManifest(log)).toThrow(/does not describe a run/);
  });

  it("never holds a key, wherever one was put", () => {
    const key = "sk-proj-0123456789abcdef";
    writeManifest(log, {
      ...facts,
      server: `https://user:${key}@example.org/v1?api_key=${key}&x=1`,
      options: {
        apiKey: key,
        api_key: key,
        OPENAI_API_KEY: key,
        authToken: key,
        hf_token: key,
        headers: { Authorization: `Bearer ${key}`, "X-Api-Key": key, "X-Trace": `got Bearer ${key}` },
        targets: [{ url: `http://${key}@gateway/v1`, key }],
        note: `the key is ${key}`,
        runs: 5,
      },
    });
    const text = readFileSync(`${log}.meta.json`, "utf8");
    expect(text).not.toContain("0123456789");
    expect(readManifest(log)?.server).toBe("https://example.org/v1?api_key=[redacted]&x=1");
    expect(readManifest(log)?.options).toEqual({
      headers: { "X-Trace": "got [redacted]" },
      targets: [{ url: "http://gateway/v1" }],
      note: "the key is [redacted]",
      runs: 5,
    });
  });

  it("is null for a log without it, and an error where the manifest is broken", () => {
    expect(readManifest(join(room, "other.jsonl"))).toBeNull();
    writeFileSync(`${log}.meta.json`, "{");
    expect(() => readManifest(log)).toThrow(LogError);
    writeFileSync(`${log}.meta.json`, "[]");
    expect(() => readManifest(log)).toThrow(/does not describe a run/);
  });

  it.each([
    [{}],
    [5],
    ["x"],
    [[null]],
    [[[]]],
    [[{ ...facts, options: [] }]],
  ])("is refused where the runs that went on are %j", (resumed) => {
    writeFileSync(`${log}.meta.json`, JSON.stringify({ ...facts, resumed }));
    expect(() => readManifest(log)).toThrow(/does not describe a run/);
  });

  it("has one run where an edited manifest has null for those that went on", () => {
    writeFileSync(`${log}.meta.json`, JSON.stringify({ ...facts, resumed: null }));
    expect(runsOf(readManifest(log))).toEqual([facts]);
    expect(readManifest(log)).toEqual(facts);
  });

  it("fails with the path where it can't be written", () => {
    expect(() => writeManifest(join(room, "missing", "x.jsonl"), facts)).toThrow(LogError);
  });
});

describe("withoutSecrets", () => {
  it("leaves plain words and numbers of tokens as they are", () => {
    const plain = {
      maxTokens: 10,
      context_tokens: 5,
      first_token: 1,
      prompt: "Basic arithmetic with bearer instruments",
      list: [1, null, true],
    };
    expect(withoutSecrets(plain)).toEqual(plain);
  });
});
