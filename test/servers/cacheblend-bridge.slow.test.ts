import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect as openSocket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as methods from "../../src/api/methods.js";
import { connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import { MethodRefused } from "../../src/domain/errors/errors.js";
import { blendTtft } from "../../src/experiments/methods/blend-ttft.js";
import { measureMethod } from "../../src/experiments/methods/method-request.js";
import { promptTokens } from "../../src/experiments/methods/prompt-tokens.js";
import { firsttokenHere } from "../support/cli-here.js";

const here = import.meta.dirname;
const servers = resolve(here, "../../servers");
const directory = mkdtempSync(join(tmpdir(), "cacheblend-bridge-"));
const log = join(directory, "stand-in.jsonl");
const env = {
  ...process.env,
  PYTHONPATH: [here, servers].join(":"),
  PYTHONDONTWRITEBYTECODE: "1",
  STAND_IN_LOG: log,
};

/** The bridge is plain Python; nothing is installed for it. */
const noPython =
  spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 10))"]).status !== 0 &&
  process.env.FIRSTTOKEN_REQUIRE_ALL !== "1";
const title = `the bridge over the CacheBlend fork${noPython ? " (skipped: no python3 of 3.10 or newer)" : ""}`;

let bridge: ChildProcess;
let url: string;
let server: Server;

/** The bridge as a process of its own, over the stand-in of the fork's objects instead of vLLM. */
function start(...args: string[]): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(
    "python3",
    [join(servers, "cacheblend_vllm.py"), "--engine", "stand_in", "--port", "0", ...args],
    { env, stdio: ["ignore", "pipe", "pipe"] },
  );
  return new Promise((ready, failed) => {
    let said = "";
    const hear = (data: Buffer) => {
      said += data.toString();
      const found = /on (http:\S+)/.exec(said)?.[1];
      if (found !== undefined) ready({ child, url: found });
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", (code) => failed(new Error(`The bridge ended with ${code}: ${said}`)));
  });
}

/** What the stand-in's switches were at each prefill so far. */
const prefills = () =>
  readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown> & { ids: number[] });

const post = async (path: string, body: unknown) => {
  const response = await fetch(new URL(path, url), {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
};

describe.skipIf(noPython)(title, () => {
  beforeAll(async () => {
    ({ child: bridge, url } = await start("--model", "fork", "--store-tokens", "3000"));
    server = await connect(url);
  });
  afterAll(async () => {
    server?.close();
    const ended = new Promise((gone) => bridge?.once("exit", gone));
    bridge?.kill("SIGTERM");
    await ended;
    rmSync(directory, { recursive: true });
  });

  it("keeps its control logic by its own tests", () => {
    const { status, stderr } = spawnSync("python3", ["-m", "unittest", "discover", "-s", here], {
      env: { ...env, STAND_IN_LOG: "" },
      encoding: "utf8",
    });
    expect(stderr).toContain("OK");
    expect(stderr).toMatch(/Ran \d{2} tests/);
    expect(status).toBe(0);
  });

  it("names itself, its model and its limit, and counts tokens exactly", async () => {
    expect(server).toMatchObject({ model: "fork", contextLimit: { tokens: 4_096 } });
    expect((await server.recognise()).profile.name).toBe("cacheblend-bridge");
    expect(server.tokens.exact).toBe(true);
    expect(await server.tokens.count("three words here")).toBe(3);
    expect((await post("/tokenize", { prompt: "three words here" })).body.count).toBe(4);
  });

  it("streams a token an event, with usage and both first-token times at the end", async () => {
    const completion = await server.complete({ prompt: "one two three", maxTokens: 5 });
    expect(completion).toMatchObject({ outcome: "ok", output_tokens: 5, prompt_tokens: 4, cached_tokens: 0 });
    expect(completion.text.trim().split(" ")).toHaveLength(5);
    expect(completion.finish_reason).toBe("length");
    expect(completion.timings?.fork_ttft_ms).toBeGreaterThanOrEqual(0);
    expect(completion.timings?.prefill_ms).toBeGreaterThanOrEqual(completion.timings?.load_ms as number);
    const whole = await post("/v1/completions", { prompt: "one two three", max_tokens: 5, temperature: 0 });
    expect(whole.body).toMatchObject({
      choices: [{ text: completion.text, finish_reason: "length" }],
      usage: { total_tokens: 9, prompt_tokens_details: { cached_tokens: 0, recomputed_tokens: 0 } },
    });
  });

  // "\n\n" and the next chunk's first word are two tokens apart and one together.
  const prompt = {
    prefix: "Read these:\n\n",
    chunks: ["first chunk text.\n\n", "second chunk.\n\n"],
    question: "What now?",
  };

  it("is recognised by the methods, which collect first and then blend at the pieces' own tokens", async () => {
    const method = methods.cacheBlend(server, { recomputeRatio: 0.5 });
    const { collect_seconds } = await method.prepare(prompt);
    expect(collect_seconds).toBeGreaterThan(0);
    const before = prefills().length;
    const answer = await method.ask(prompt, { maxTokens: 2 });
    expect(answer.evidence).toBe("proven");
    expect(answer.completion).toMatchObject({ outcome: "ok", prompt_tokens: 13, cached_tokens: 11 });
    expect(answer.columns).toMatchObject({
      method: "cacheblend",
      recompute_ratio: 0.5,
      recomputed_tokens: 5,
    });
    expect(answer.columns.load_seconds).toBeGreaterThanOrEqual(0);
    const pieces = [prompt.prefix, ...prompt.chunks, prompt.question];
    const ids = (await Promise.all(pieces.map((piece) => server.tokens.encode(piece)))).flat();
    expect(prefills().slice(before)).toMatchObject([
      { check: true, collect: false, recomp_ratio: 0.5, suffix_len: 2, check_layers: [1], ids: [1, ...ids] },
    ]);
    const whole = await server.tokens.encode(pieces.join(""));
    expect(whole).not.toEqual(ids);
  });

  it("answers as a whole at ratio 1 what it answers to the same ids by full prefill", async () => {
    const method = methods.cacheBlend(server, { recomputeRatio: 1 });
    await method.prepare(prompt);
    const blended = await method.ask(prompt, { maxTokens: 6 });
    const ids = prefills().at(-1)!.ids;
    const full = await server.complete({ prompt: ids, maxTokens: 6, body: { cache: { method: "full" } } });
    expect(blended.completion.text).toBe(full.text);
    const reuse = methods.fullKvReuse(server);
    await reuse.prepare(prompt);
    const reused = await reuse.ask(prompt, { maxTokens: 6 });
    expect(reused.columns).toMatchObject({ method: "full_kv_reuse", recomputed_tokens: 0 });
    expect(reused.completion.text).not.toBe(full.text);
  });

  it("is asked the same ids by every method of a comparison", async () => {
    const compared = {
      full: methods.fullPrefill(server),
      reuse: methods.fullKvReuse(server),
      blend: methods.cacheBlend(server),
    };
    const tokens = await promptTokens(compared, "completions");
    const asked: unknown[] = [];
    for (const method of Object.values(compared)) {
      const { columns, chunkTokens } = await measureMethod(method, prompt, { maxTokens: 1, tokens });
      expect(columns).toMatchObject({ outcome: "ok", prompt_tokens: 13, tokenised: "pieces" });
      expect(chunkTokens).toBe(7);
      asked.push(prefills().at(-1)!.ids);
    }
    expect(asked[0]).toHaveLength(13);
    expect(asked).toEqual([asked[0], asked[0], asked[0]]);
  });

  it("refuses to blend what was never collected, and says what to do", async () => {
    const unknown = { ...prompt, chunks: ["nobody collected this.\n\n"] };
    const { completion } = await methods.cacheBlend(server).ask(unknown, { maxTokens: 1 });
    expect(completion.outcome).toBe("error");
    expect(completion.error).toMatch(/3 of the prompt's 3 chunks are not in the store.*cache\.collect: true/);
  });

  it("refuses to collect more than its store holds", async () => {
    const long = { ...prompt, chunks: [Array(3_001).fill("word").join(" ")] };
    await expect(methods.fullKvReuse(server).prepare(long)).rejects.toThrow(MethodRefused);
    await expect(methods.fullKvReuse(server).prepare(long)).rejects.toThrow(/Start the bridge with a larger/);
  });

  it("answers what is wrong in OpenAI's shape, and goes on", async () => {
    const wrong: [string, unknown, number, RegExp][] = [
      ["/v1/completions", "{", 400, /not JSON/],
      ["/v1/completions", [], 400, /must be a JSON object/],
      ["/v1/completions", { prompt: "a", model: "gpt" }, 404, /`gpt` does not exist/],
      ["/v1/completions", { prompt: [32_000] }, 400, /token id 32000/],
      ["/v1/completions", { prompt: "a", cache: { method: "prefix" } }, 400, /without a prefix cache/],
      ["/v1/chat/completions", {}, 404, /bare prompt/],
      ["/v1/models", {}, 405, /does not take POST/],
      ["/tokenize", { prompt: 1 }, 400, /must be a text/],
    ];
    for (const [path, body, status, message] of wrong) {
      const answer = await post(path, body);
      expect(answer.status).toBe(status);
      expect(answer.body).toMatchObject({
        error: { message: expect.stringMatching(message), param: null, code: status },
      });
    }
    expect((await server.complete({ prompt: "still there", maxTokens: 1 })).outcome).toBe("ok");
  });

  it("survives a client that leaves in the middle", async () => {
    const { port } = new URL(url);
    await new Promise<void>((left) => {
      const socket = openSocket(Number(port), "127.0.0.1", () => {
        const body = JSON.stringify({ prompt: "a long answer", max_tokens: 4_000, stream: true });
        socket.write(
          `POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        );
      });
      socket.once("data", () => {
        socket.resetAndDestroy();
        left();
      });
    });
    expect((await server.complete({ prompt: "still there", maxTokens: 2 })).outcome).toBe("ok");
  });

  it("is measured by the blend experiment like any other server", async () => {
    const rows = await blendTtft({
      methods: {
        Full: methods.fullPrefill(server),
        Reuse: methods.fullKvReuse(server),
        Blend: methods.cacheBlend(server),
      },
      inputTokens: [128, 256],
      runs: 2,
      warmUps: 1,
      maxTokens: 2,
      log: join(directory, "blend.jsonl"),
    });
    expect(rows).toHaveLength(12);
    for (const row of rows) {
      expect(row).toMatchObject({ outcome: "ok", evidence: "proven", model: "fork" });
      // A reused context is all stored but the question.
      if (row.label === "Full") expect(row.cached_tokens).toBe(0);
      else expect(row.cached_tokens).toBeGreaterThan(row.input_target! * 0.8);
      if (row.label === "Blend") {
        expect(row.recomputed_tokens).toBe(Math.floor(row.cached_tokens! * 0.15));
      }
      if (row.label !== "Full") expect(row.collect_seconds).toBeGreaterThan(0);
    }
  });

  it("is measured by the command line", async () => {
    const out = join(directory, "cli.jsonl");
    const { code, stdout } = await firsttokenHere([
      ...["blend", "--api_base", url, "--methods", "full,reuse,blend", "--input_lengths", "128"],
      ...["--trials", "1", "--warm_ups", "0", "--out", out],
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain("CacheBlend 15%");
  });

  it("does not start over an engine that is not the fork, and says what is missing", async () => {
    const started = start("--engine", "ordinary_vllm");
    await expect(started).rejects.toThrow(
      /ended with 2: This vLLM is not the CacheBlend fork.*cache_fuse_metadata/,
    );
  });
});
