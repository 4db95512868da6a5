import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as blend from "../../src/api/blend.js";
import * as methods from "../../src/api/methods.js";
import * as mock from "../../src/api/mock.js";
import * as proxy from "../../src/api/proxy.js";
import * as quality from "../../src/api/quality.js";
import * as ttft from "../../src/api/ttft.js";
import { connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import { loadDataset } from "../../src/datasets/load-dataset.js";
import { CORRECTED_ESTIMATE } from "../../src/domain/records/token-count.js";
import { measurePromptEffect } from "../../src/experiments/ttft/prompt-effect.js";
import { readManifest, runsOf } from "../../src/logs/files/manifest.js";
import { jsonLines } from "../support/cli.js";
import { engineHere } from "../support/engine-here.js";
import { answerWell, type ScriptedServer, scriptedServer } from "../support/scripted-server.js";

const folder = mkdtempSync(join(tmpdir(), "resume-"));
let logs = 0;
const newLog = () => join(folder, `${++logs}.jsonl`);
const page = (log: string) => JSON.parse(readFileSync(`${log}.meta.json`, "utf8"));
const rowsOf = (log: string) => jsonLines(readFileSync(log, "utf8"));
const openFiles = () => readdirSync("/proc/self/fd").length;

let scripted: ScriptedServer;
let other: ScriptedServer;
let server: Server;
beforeAll(async () => {
  const models = { data: [{ id: "small" }, { id: "large" }] };
  scripted = await scriptedServer((response) => answerWell(response), models);
  other = await scriptedServer((response) => answerWell(response), models);
  server = await connect(scripted.url);
});
afterAll(async () => {
  server.close();
  await Promise.all([scripted.close(), other.close()]);
  rmSync(folder, { recursive: true });
});

const sweep = (log: string, options: object = {}) =>
  ttft.run({ server, contextTokens: [20], runs: 1, maxTokens: 4, warmUps: 1, log, ...options } as never);

describe("a sweep that goes on with a log", () => {
  it("is entered in its manifest, behind the run that began it", async () => {
    const log = newLog();
    await sweep(log);
    const first = page(log);
    const rows = await sweep(log, { resume: true, runs: 2, contextTokens: [20, 30] });
    expect(rows).toHaveLength(2 * 2 * 2);
    const { resumed, ...begun } = page(log);
    expect(begun).toEqual(first);
    expect(resumed).toHaveLength(1);
    expect(resumed[0].options).toMatchObject({ runs: 2, contextTokens: [20, 30] });
    expect(resumed[0].options.document_nonce).not.toBe(first.options.document_nonce);

    expect(begun.options.firstToken).toBe("content");
    await sweep(log, { resume: true, runs: 2, firstToken: "any" });
    expect(page(log).resumed).toHaveLength(1);
    await sweep(log, { resume: true, runs: 3 });
    expect(runsOf(readManifest(log)).map(({ options }) => options.runs)).toEqual([1, 2, 3]);
  });

  it.each([
    ["prompt", { prompt: "What is this?" }, 'prompt was "Summarize this text" and is "What is this?"'],
    ["maxTokens", { maxTokens: 5 }, "maxTokens was 4 and is 5"],
    ["warmUps", { warmUps: 2 }, "warmUps was 1 and is 2"],
    ["seed", { seed: "two" }, 'seed was 1 and is "two"'],
    ["label", { label: "vLLM" }, 'label was not given and is "vLLM"'],
  ])("must have the same %s", async (_, options, named) => {
    const log = newLog();
    await sweep(log);
    const [before, said, files] = [readFileSync(log, "utf8"), page(log), openFiles()];
    const asked = scripted.chats.length;
    for (let i = 0; i < 3; i++) {
      await expect(sweep(log, { resume: true, runs: 2, ...options })).rejects.toThrow(
        `${log} can't be resumed because it is the log of a different run: ${named}. Use the options it was started with, ` +
          "choose another log, or start over with overwrite: true.",
      );
    }
    expect([readFileSync(log, "utf8"), page(log)]).toEqual([before, said]);
    expect(scripted.chats).toHaveLength(asked);
    expect(openFiles()).toBe(files);
  });

  it("must add the same fields to its requests", async () => {
    const log = newLog();
    await sweep(log);
    const warmer = await connect(scripted.url, { body: { temperature: 1 } });
    await expect(sweep(log, { server: warmer, resume: true })).rejects.toThrow("temperature");
    warmer.close();
  });

  it("goes on where usage sets the count of tokens right anew", async () => {
    const counting = await scriptedServer((response, { body }) => {
      const [{ content }] = body.messages as [{ content: string }];
      answerWell(response, 0, Math.round(content.length / 3));
    });
    const log = newLog();
    const rows = [];
    for (const options of [{ runs: 1 }, { runs: 2, resume: true }]) {
      const connected = await connect(counting.url);
      rows.push(...(await sweep(log, { server: connected, ...options })));
      connected.close();
    }
    expect(rows.map(({ token_counter }) => token_counter)).toEqual(Array(2 + 4).fill(CORRECTED_ESTIMATE));
    await counting.close();
  });

  it("must have the same model and the same server", async () => {
    const log = newLog();
    await sweep(log);
    const large = await connect(scripted.url, { model: "large" });
    const elsewhere = await connect(other.url);
    await expect(sweep(log, { server: large, resume: true })).rejects.toThrow(
      'model was "small" and is "large"',
    );
    await expect(sweep(log, { server: elsewhere, resume: true })).rejects.toThrow(
      `server was "${scripted.url}" and is "${other.url}"`,
    );
    large.close();
    elsewhere.close();
  });

  it("is told by its rows where there is no page, and by old pages as far as they go", async () => {
    const log = newLog();
    await sweep(log);
    const large = await connect(scripted.url, { model: "large" });
    rmSync(`${log}.meta.json`);
    await expect(sweep(log, { server: large, resume: true })).rejects.toThrow(
      'model was "small" and is "large"',
    );
    await expect(sweep(log, { prompt: "What?", resume: true })).rejects.toThrow("prompt was");
    await expect(sweep(log, { label: "a", resume: true, runs: 2 })).resolves.toHaveLength(4);
    large.close();

    const old = newLog();
    copyFileSync(log, old);
    const { resumed, ...entry } = page(log);
    writeFileSync(`${old}.meta.json`, JSON.stringify({ ...entry, options: { runs: 1, maxTokens: 9 } }));
    await expect(sweep(old, { resume: true })).rejects.toThrow("maxTokens was 9 and is 4");
    const { options, started_at } = entry;
    writeFileSync(`${old}.meta.json`, JSON.stringify({ options, started_at }));
    await expect(sweep(old, { label: "a", resume: true, maxTokens: 9 })).rejects.toThrow(
      "a different run: maxTokens was 4 and is 9. ",
    );
    await expect(sweep(old, { label: "a", resume: true, runs: 2 })).resolves.toHaveLength(4);
  });

  it("has a page of its own where the log holds no record", async () => {
    const log = newLog();
    await sweep(log);
    writeFileSync(log, "");
    await sweep(log, { resume: true, maxTokens: 6 });
    expect(page(log).options.maxTokens).toBe(6);
    expect(page(log).resumed).toBeUndefined();
  });
});

describe("an experiment that goes on with a log", () => {
  it("on prompts must have the same prompts and the same length", async () => {
    const log = newLog();
    const run = { server, prompts: { a: "What?", b: "Why?" }, contextTokens: 20, runs: 1, warmUps: 0, log };
    await measurePromptEffect(run);
    await expect(
      measurePromptEffect({ ...run, prompts: { a: "What?", b: "Who?" }, contextTokens: 30, resume: true }),
    ).rejects.toThrow('contextTokens was 20 and is 30; prompts.b was "Why?" and is "Who?"');
  });

  it("on methods must have the same ones, of the same servers and models", async () => {
    const log = newLog();
    const large = await connect(scripted.url, { model: "large" });
    const run = { inputTokens: [64], runs: 1, warmUps: 0, chunks: 2, log };
    await blend.run({ ...run, methods: { Full: methods.fullPrefill(server) } });
    const again = (of: Parameters<typeof blend.run>[0]["methods"], options: object = {}) =>
      blend.run({ ...run, methods: of, resume: true, ...options });
    await expect(again({ Full: methods.fullPrefill(large) })).rejects.toThrow(
      'methods.Full.model was "small"',
    );
    await expect(again({ Full: methods.prefixCache(server) })).rejects.toThrow(
      'methods.Full.method was "full_prefill" and is "prefix_cache"',
    );
    await expect(
      again({ Full: methods.fullPrefill(server), More: methods.prefixCache(server) }),
    ).rejects.toThrow("methods.More was not given and is");
    // Other numbers of chunks are more of the same, as other lengths are.
    const more = await again({ Full: methods.fullPrefill(server) }, { chunks: [2, 3] });
    expect(more.map(({ chunks }) => chunks)).toEqual([2, 3]);
    rmSync(`${log}.meta.json`);
    await expect(again({ Other: methods.fullPrefill(server) })).rejects.toThrow(
      'label was "Full" and is "Other"',
    );
    expect(await again({ Full: methods.fullPrefill(server) }, { runs: 2 })).toHaveLength(3);
    large.close();
  });

  it("on quality must have the same model, dataset and wording, and may have more examples", async () => {
    const log = newLog();
    const dataset = await loadDataset("2wikimqa");
    const run = { methods: { Full: methods.fullPrefill(server) }, log, resume: true as const };
    await quality.run({ ...run, dataset, samples: 2, about: { left_out_items: 1 } });
    expect(page(log).options.left_out_items).toBe(1);
    const large = await connect(scripted.url, { model: "large" });
    await expect(
      quality.run({ ...run, dataset, samples: 2, methods: { Full: methods.fullPrefill(large) } }),
    ).rejects.toThrow(/model was "small" and is "large"/);
    large.close();
    const changed = dataset.map((example, i) => (i === 1 ? { ...example, passages: [] } : example));
    await expect(quality.run({ ...run, dataset: changed, samples: 3 })).rejects.toThrow(
      "examples.digest was",
    );
    await expect(quality.run({ ...run, dataset: dataset.slice(1) })).rejects.toThrow("examples.digest was");
    await expect(quality.run({ ...run, dataset, samples: 3, wording: "longbench" })).rejects.toThrow(
      'wording was "plain" and is "longbench"',
    );
    await expect(quality.run({ ...run, dataset, samples: 3, maxTokens: 7 })).rejects.toThrow("maxTokens was");
    expect(await quality.run({ ...run, dataset, samples: 3 })).toHaveLength(3);
    expect(rowsOf(log)).toHaveLength(3);
    expect(runsOf(readManifest(log)).map(({ options }) => options.samples)).toEqual([2, 3]);
  });

  it("on a proxy must send the same body, and keeps what is known of the blocks before", async () => {
    const provider = await mock.serve({});
    const small = {
      model: "m",
      requests: 2,
      streamRequests: 2,
      concurrency: 1,
      streamConcurrency: 1,
      blocks: 1,
    };
    const log = newLog();
    const run = {
      ...{ ...small, warmUps: 0, streamWarmUps: 0, threads: 0, log },
      ...{ direct: provider, through: { itself: provider.url } },
    };
    await proxy.run(run);
    const first = page(log);
    await expect(proxy.run({ ...run, body: { temperature: 1 }, resume: true })).rejects.toThrow(
      "body.temperature was not given and is 1",
    );
    await expect(proxy.run({ ...run, requests: 3, resume: true })).rejects.toThrow("requests was 2 and is 3");
    await expect(proxy.run({ ...run, through: { other: provider.url }, resume: true })).rejects.toThrow(
      "through.itself was {",
    );
    await expect(proxy.run({ ...run, model: "n", resume: true })).rejects.toThrow('model was "m" and is "n"');
    await proxy.run({ ...run, resume: true });
    expect(page(log)).toEqual(first);
    expect(first.options.measured_blocks).toBe(4);
    await provider.close();

    const restarted = await mock.serve({});
    const again = {
      ...run,
      direct: restarted,
      through: { itself: provider.url },
      repeats: 2,
      resume: true as const,
    };
    await expect(proxy.run(again)).rejects.toThrow("Nothing listens at");
    await restarted.close();
  });

  it("meets the embedded engine at another port", async () => {
    const log = newLog();
    for (const runs of [1, 2]) {
      const serving = await engineHere();
      const own = await connect(serving.url);
      await blend.run({
        ...{
          methods: { Full: methods.fullPrefill(own) },
          inputTokens: [64],
          runs,
          warmUps: 0,
          log,
          resume: true,
        },
      });
      own.close();
      await serving.close();
    }
    const [first, second] = runsOf(readManifest(log));
    expect(first!.server).not.toBe(second!.server);
    expect(rowsOf(log)).toHaveLength(2);
  });
});
