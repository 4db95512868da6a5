import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firsttokenHere } from "../support/cli-here.js";

const folder = mkdtempSync(join(tmpdir(), "early-refusals-"));
const file = join(folder, "file");
const under = join(file, "below", "log.jsonl");
let requests = 0;
const server = createServer((_, response) => {
  requests += 1;
  response.end('{"data":[{"id":"m"}]}');
});
let url = "";
beforeAll(async () => {
  writeFileSync(file, "not JSON");
  writeFileSync(join(folder, "list.json"), '["a"]');
  mkdirSync(join(folder, "folder"));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** What a command ends with and says. */
const run = async (...argv: string[]) => {
  const { code, stdout, stderr } = await firsttokenHere(argv);
  return { code, said: stdout + stderr };
};

/** Values that an option must refuse; an option that takes any text is FREE, one without a value a SWITCH. */
type Bad = readonly string[] | "FREE" | "SWITCH";
const COUNT = ["0", "-1", "1.5", "many", "", "1e999"];
/** More than a plan of a run has room for. */
const REPEATED = [...COUNT, "1e12"];
const LENGTHS = ["x", "100,", "", "1e12"];
const WHOLE = ["-1", "0.5", "none", ""];
const ADDRESS = ["", "not a url", "ftp://host/v1", "localhost"];
const PORT = ["-1", "65536", "x", ""];
const SHARE = ["0", "-0.1", "1.1", "abc", "", "NaN", "Infinity"];
const NAME = ["neither", ""];
const SECONDS = ["0", "-1", "soon", "", "Infinity", "1e12"];
const OUT = () => [under, folder];
const FONT = ["", join(folder, "none.ttf"), folder, file];
const CHART = () => ["", "chart", "chart.gif", `${under}.svg`];

const serverFlags: Readonly<Record<string, Bad>> = {
  "--api_base": ADDRESS,
  "--api_key": "FREE",
  "--model": [""],
  "--timeout_seconds": SECONDS,
  "--idle_timeout_seconds": SECONDS,
  "--profile": NAME,
  "--cache_server": ADDRESS,
  "--tokenizer": [join(folder, "none.json"), file, folder],
  "--body": ["", "[]", "{", "1"],
  "--header": ["", "no colon", ": nothing"],
};
const GATE = ["", "ttft", "ttft_p95>", "ttft_p95>x", "colour>1"];
const timeFlags: Readonly<Record<string, Bad>> = {
  "--percentiles": ["0", "100", "x", "50,", ""],
  "--times": ["ttfb", "itl,", ""],
};
const logFlags: Readonly<Record<string, Bad>> = { "--resume": "SWITCH", "--overwrite": "SWITCH" };
const outputFlags: Readonly<Record<string, Bad>> = {
  "--json": "SWITCH",
  "--format": NAME,
  "--chart": ["", "chart.jpg", "chart", join(file, "chart.svg")],
  "--font": FONT,
};
const rowFlags: Readonly<Record<string, Bad>> = { ...outputFlags, "--seed": WHOLE };
/** Of a run that several processes share. */
const partFlags: Readonly<Record<string, Bad>> = {
  "--shard": ["2/2", "1", "-1/2", "1/0", "x/2", ""],
  "--servers": [join(tmpdir(), "none.txt"), tmpdir()],
};
const coldAndWarm: Readonly<Record<string, Bad>> = {
  ...{ ...serverFlags, ...logFlags, ...rowFlags, ...partFlags },
  ...{ "--runs": REPEATED, "--max_tokens": COUNT, "--first_token": NAME },
};
const methodFlags: Readonly<Record<string, Bad>> = {
  ...{ ...serverFlags, ...logFlags, ...rowFlags },
  "--blend_api_base": [...ADDRESS, "=http://localhost:1/v1", "disk=here"],
  "--methods": ["none", "full,", ""],
  "--recompute_ratios": ["0", "1.5", "x", "0.1,", ""],
  "--selectors": ["q", "v,", ""],
  "--check_layer": COUNT,
  "--filtering": NAME,
  "--tokens_per_chunk": ["-1", "x", "16,", "", "1e12"],
  "--lmcache": "SWITCH",
  "--lmcache_protocol": NAME,
  "--lmcache_chunk_tokens": [...COUNT, "1e12"],
  "--separator": "FREE",
  "--bos_token": WHOLE,
};

const COMMANDS: Readonly<Record<string, () => Readonly<Record<string, Bad>>>> = {
  ttft: () => ({
    ...{ ...serverFlags, ...outputFlags },
    "--context_file": [join(folder, "none.txt"), folder],
    "--max_ctx_tokens": COUNT,
    "--prompt": [""],
    "--num_following": [...WHOLE, "1e12"],
    "--flush_cache": "SWITCH",
    "--flush_method": NAME,
    "--out": OUT(),
    "--max_tokens": COUNT,
    "--safety_margin": WHOLE,
    "--gap_seconds": ["-1", "x", "", "1e12"],
    "--warm_ups": WHOLE,
    "--first_token": NAME,
    "--fail-if": GATE,
  }),
  sweep: () => ({
    ...{ ...coldAndWarm, ...timeFlags },
    "--context_sizes": ["15", ...LENGTHS],
    "--prompt": [""],
    "--fail-if": GATE,
    "--out_dir": [file],
  }),
  prompts: () => ({
    ...{ ...coldAndWarm, ...timeFlags },
    "--context_size": ["15", "x", "", "1e12"],
    "--prompts_file": [join(folder, "none.json"), file, join(folder, "list.json"), folder],
    "--language": NAME,
    "--fail-if": GATE,
    "--out": OUT(),
  }),
  blend: () => ({
    ...{ ...methodFlags, ...timeFlags, ...partFlags },
    "--fail-if": GATE,
    "--first_token": NAME,
    "--input_lengths": ["63", ...LENGTHS],
    "--runs": REPEATED,
    "--chunks": [...COUNT, "2,2", "2,"],
    "--chunk_lengths": ["0", "1", ...LENGTHS],
    "--chart": CHART(),
    "--max_tokens": COUNT,
    "--warm_ups": WHOLE,
    "--out": OUT(),
  }),
  quality: () => ({
    ...{ ...methodFlags, ...timeFlags, ...partFlags },
    "--fail-if": GATE,
    "--dataset": [join(folder, "none.jsonl"), file, folder, "samsun"],
    "--needle_lengths": ["199", ...LENGTHS],
    "--needle_depths": ["101", "-1", ...LENGTHS],
    "--needles": ["33", ...COUNT],
    "--answer_tag": ["", "<answer>", "a b", "1"],
    "--documents": ["", under],
    "--retrieve": ["101", ...COUNT],
    "--chunk_tokens": ["31", "8193", ...COUNT],
    "--samples": REPEATED,
    "--metric": NAME,
    "--wording": NAME,
    "--prompt_format": NAME,
    "--too_long": NAME,
    "--max_tokens": COUNT,
    "--concurrency": COUNT,
    "--margin": SHARE,
    "--no-aa": "SWITCH",
    "--divergence": "SWITCH",
    "--show_ttft": "SWITCH",
    "--first_token": NAME,
    "--chart": CHART(),
    "--out": OUT(),
  }),
  load: () => ({
    ...{ ...methodFlags, ...timeFlags },
    "--workload": NAME,
    "--prompt_tokens": [...COUNT, "1e12"],
    "--shared_tokens": [...WHOLE, "1e12"],
    "--own_tokens": [...COUNT, "1e12"],
    "--hit_ratio": ["0", "1", "x", ""],
    "--pool_documents": REPEATED,
    "--document_tokens": ["7", ...COUNT, "1e12"],
    "--per_request": COUNT,
    "--order": NAME,
    "--zipf_exponent": ["-1", "11", "x", ""],
    "--question_tokens": ["7", ...COUNT, "1e12"],
    "--turns": COUNT,
    "--sessions": REPEATED,
    "--system_tokens": [...WHOLE, "1e12"],
    "--message_tokens": COUNT,
    "--answer_tokens": COUNT,
    "--think_seconds": ["0", "-1", "x", "", "Infinity"],
    "--sessions_per_second": ["0", "-1", "x", "", "Infinity"],
    "--chart": CHART(),
    "--trace": ["", join(folder, "none.csv")],
    "--length_scale": ["0", "-1", "x", "", "Infinity"],
    "--time_scale": ["0", "-1", "x", "", "Infinity"],
    "--dataset": ["", "none"],
    "--samples": REPEATED,
    "--max_tokens": COUNT,
    "--rates": ["0", "-1", "x", "1,", "", "Infinity"],
    "--ramp": ["1:8", "8:8:60", "0:8:60", "1:8:x", "1:8:60:1", "1:2:3", "::", ""],
    "--ramp_strategy": NAME,
    "--concurrency": ["0", "1025", "x", "1,", ""],
    "--arrivals": NAME,
    "--burstiness": ["0", "-1", "x", "", "Infinity"],
    "--requests": REPEATED,
    "--level_seconds": SECONDS,
    "--blocks": REPEATED,
    "--repeats": REPEATED,
    "--slo": ["", "ttft", "ttft=0", "ttfb=1", "ttft=1,ttft=2"],
    "--record_gaps": "SWITCH",
    "--find_limit": "SWITCH",
    ...partFlags,
    "--start_at": [
      "",
      "noon",
      "2026-03-01",
      "2026-03-01 12:00",
      "2026-03-01T12:00:00",
      "2026-13-01T12:00:00Z",
    ],
    "--slot_seconds": SECONDS,
    "--fail-if": GATE,
    "--out": OUT(),
  }),
  doctor: () => ({ ...serverFlags, "--json": "SWITCH" }),
  proxy: () => ({
    ...{ ...logFlags, ...rowFlags },
    "--body": serverFlags["--body"]!,
    "--header": serverFlags["--header"]!,
    "--label": [""],
    "--litellm-dir": [join(folder, "none"), file],
    "--proxy-command": ["", "'open"],
    "--proxy-host": "FREE",
    "--proxy-port": ["0", ...PORT],
    "--provider-host": "FREE",
    "--provider-port": PORT,
    "--api-key": "FREE",
    "--requests": REPEATED,
    "--concurrency": ["0", "1025", "x", ""],
    "--stream-requests": REPEATED,
    "--stream-concurrency": ["0", "1025", "x", ""],
    "--warmup": WHOLE,
    "--stream-warmup": WHOLE,
    "--timeout": [...SECONDS, "86401"],
    "--idle-timeout-seconds": SECONDS,
    "--proxy-start-timeout": SECONDS,
    "--provider-first-token-delay-ms": ["-1", "x", ""],
    "--provider-stream-content-chunks": COUNT,
    "--measure-full-stream": "SWITCH",
    "--no-measure-full-stream": "SWITCH",
    "--repeats": REPEATED,
    "--no-start-proxy": "SWITCH",
    "--provider-url": ADDRESS,
    "--output-json": OUT(),
    "--proxy-url": ADDRESS,
    "--provider-key": "FREE",
    "--provider-chunk-gap-ms": ["-1", "x", ""],
    "--model": [""],
    "--rates": ["0", "-1", "x", "1000001", ""],
    "--arrivals": ["poisson", "often"],
    "--blocks": REPEATED,
    "--threads": ["-1", "65", "x", ""],
    "--percentiles": timeFlags["--percentiles"]!,
    "--fail-if": GATE,
    "--out": OUT(),
  }),
};

/** An option's name in the library, such as `maxTokens`. */
const OF_THE_LIBRARY = /\b(?!rougeL|narrativeQA)[a-z]+[A-Z][a-zA-Z]*\b/;

/** The options a command knows, from its own help. */
const optionsOf = async (command: string) => {
  const { said } = await run(command, "--help");
  return [...said.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)]
    .map(([, name]) => name!)
    .filter((name) => name !== "--help");
};

/** What a command needs beside the option in question, so that nothing else is wrong with it. */
const setting = (command: string, option: string): string[] => {
  if (command !== "proxy") return option === "--api_base" ? [] : ["--api_base", url];
  const startsOne = ["--litellm-dir", "--proxy-command", "--proxy-port"].includes(option);
  const proxied = option === "--proxy-url" || startsOne ? [] : ["--proxy-url", url];
  const given = option === "--provider-url" || option === "--provider-port" ? [] : ["--provider-url", url];
  return [...proxied, ...given, ...(option === "--out" ? [] : ["--out", join(folder, "p.jsonl")])];
};

describe.each(Object.keys(COMMANDS))("firsttoken %s", (command) => {
  it("refuses every bad value of every option in a sentence, before the first request", async () => {
    const known = COMMANDS[command]!();
    expect(Object.keys(known).sort()).toEqual((await optionsOf(command)).sort());
    for (const [option, bad] of Object.entries(known)) {
      if (typeof bad === "string") continue;
      for (const value of bad) {
        const { code, said } = await run(command, ...setting(command, option), `${option}=${value}`);
        const what = `${command} ${option}=${value}: ${said}`;
        expect([1, 2], what).toContain(code);
        expect(said.trim(), what).not.toBe("");
        expect(said, what).not.toMatch(/\n\s+at |undefined/);
        expect(said.replaceAll(`${value}`, ""), what).not.toMatch(OF_THE_LIBRARY);
        expect(requests, what).toBe(0);
      }
    }
  });
});

describe("what else is refused before the first request", () => {
  it.each([
    ["ttft", ["0"]],
    ["ttft", ["65536"]],
    ["ttft", ["here"]],
    ["quality", ["--dataset", "multihop", "--samples", "1e12"]],
    ["proxy", ["--arrivals", "poisson"]],
    ["proxy", ["--rate", "5", "--concurrency", "4"]],
    ["sweep", ["--resume", "--overwrite"]],
    ["datasets", ["fetch"]],
    ["datasets", ["fetch", "2wikimqa", "--colour"]],
    ["datasets", ["fetch", "none"]],
    ["datasets", ["fetch", "2wikimqa", "--base_url", "ftp://x"]],
    ["datasets", ["fetch", "2wikimqa", "--base_url", "http://127.0.0.1:9", "--to", file]],
    ["models", ["fetch"]],
    ["models", ["fetch", "none"]],
    ["models", ["fetch", "../up", "--from", folder]],
    ["models", ["fetch", "mine", "--from", ""]],
    ["models", ["fetch", "mine", "--from", folder, "--to", file]],
    ["models", ["fetch", "smollm2-135m", "--mirror", "ftp://x"]],
    ["models", ["list", "--colour"]],
    ["report", [file, "--out", "report.txt"]],
    ["report", [file, "--out", under]],
    ["report", [file, "--chart", "chart.gif"]],
    ["report", [file, "--chart_rows", "dataset"]],
    ["load", ["--workload", "sessions", "--think_seconds", "2", "--concurrency", "1"]],
    ["load", ["--workload", "sessions", "--sessions_per_second", "2"]],
  ])("%s %j", async (command, args) => {
    const { code, said } = await run(command, ...args);
    expect([1, 2]).toContain(code);
    expect(said.trim()).not.toBe("");
    expect(said).not.toMatch(/\n\s+at /);
    expect(requests).toBe(0);
  });
});

describe("help", () => {
  it.each([
    ...Object.keys(COMMANDS),
    "datasets fetch",
    "models fetch",
    "models list",
  ])("of %s is no failure", async (command) => {
    const { code, said } = await run(...command.split(" "), "--help");
    expect(code).toBe(0);
    expect(said).toContain(`Usage: firsttoken ${command}`);
  });
});
