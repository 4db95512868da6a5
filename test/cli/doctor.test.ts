import { afterEach, describe, expect, it } from "vitest";
import { firsttokenHere } from "../support/cli-here.js";
import { engineHere } from "../support/engine-here.js";
import { begin, delta, finish, json, scriptedServer } from "../support/scripted-server.js";
import { KINDS, standIn } from "../support/stand-in.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const opened = async <T extends { close(): Promise<void> }>(server: Promise<T>): Promise<T> => {
  open.push(await server);
  return server;
};

const doctor = (url: string, ...args: string[]) => firsttokenHere(["doctor", "--api_base", url, ...args]);

describe("firsttoken doctor", () => {
  it("says on one screen what the embedded engine is and what it can prove", async () => {
    const { url } = await opened(engineHere());
    const { code, stdout, stderr } = await doctor(url);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Server +the embedded engine at http/);
    expect(stdout).toMatch(/Recognised by +owned_by "firsttoken" of \/models\n/);
    expect(stdout).toMatch(/Model +tiny, 16,384 tokens in all \(max_model_len of \/models\)\n/);
    expect(stdout).toMatch(/Tokens +server \/tokenize, exact\n/);
    expect(stdout).toMatch(
      /Clearing +prefixes and chunks: yes, by POST \/reset_prefix_cache\?reset_external=true\n/,
    );
    expect(stdout).toMatch(/Proof of hits +usage\.prompt_tokens_details\.cached_tokens\n/);
    expect(stdout).toMatch(/Server times +queue and prefill\n/);
    expect(stdout).toMatch(/Prefix cache +on: /);
    expect(stdout).toMatch(/Chunk reuse +on: /);
    expect(stdout.split("\n").length).toBeLessThanOrEqual(24);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it("says of a server that has only models and chats what is not known", async () => {
    const bare = await opened(
      scriptedServer(
        (response) => {
          begin(response);
          delta(response, { content: "Hello" });
          finish(response, { prompt_tokens: 1_400, completion_tokens: 1 });
        },
        { data: [{ id: "bare" }] },
      ),
    );
    const { code, stdout } = await doctor(bare.url);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Server +an unknown server at http/);
    expect(stdout).toMatch(/Recognised by +nothing in its answers\n/);
    expect(stdout).toMatch(/Model +bare; context limit not reported\n/);
    expect(stdout).toMatch(/Tokens +≈ 4 characters a token, an estimate\n/);
    expect(stdout).toMatch(/Proof of hits +none seen\n/);
    expect(stdout).toMatch(
      /Prefix cache +not reported: the server reports no cached tokens \(the first token/,
    );
    expect(stdout).toContain("hits and cold requests can't be proven, only");
    expect(stdout.replaceAll(/\s+/g, " ")).toContain("name it with --profile: vllm, sglang,");
    for (const chat of bare.chats) expect(Object.keys(chat)).not.toContain("cache_salt");
  });

  it("says what is missing where cached tokens come without the prompt's", async () => {
    const { url } = await opened(
      scriptedServer(
        (response) => {
          begin(response);
          delta(response, { content: "Hello" });
          finish(response, { completion_tokens: 1, prompt_tokens_details: { cached_tokens: 64 } });
        },
        { data: [{ id: "bare" }] },
      ),
    );
    const { stdout } = await doctor(url);
    expect(stdout.replace(/\s+/g, " ")).toMatch(
      /Prefix cache not reported: the server reports cached tokens, but not how long the prompt was \(the first.*Chunk reuse not reported: the server reports cached tokens, but not how long/,
    );
  });

  it("prints the findings as JSON, with the flags that would help", async () => {
    const { metrics: _none, ...withoutMetrics } = KINDS.vllm;
    const { url } = await opened(standIn(withoutMetrics));
    const { code, stdout } = await doctor(url, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      server: { url, profile: "vllm", title: "vLLM", version: "0.11.0", profile_named: false },
      model: "stand-in",
      context_limit: { tokens: 32_768, source: "max_model_len of /models" },
      cold: "cache_salt",
      tiers: [{ tier: "vLLM's GPU blocks", clears: false }],
      proof: [],
      prefix_cache: { state: "not_told" },
      chunk_reuse: { state: "not_told" },
      server_times: { queue: false, prefill: false },
      advice: [
        "Answers carry no cached_tokens: start vLLM with --enable-prompt-tokens-details.",
        "There is no /metrics: start vLLM without --disable-log-stats for queue and prefill times.",
        "The prefix cache can't be reset: start vLLM with VLLM_SERVER_DEV_MODE=1.",
      ],
      failures: [],
    });
  });

  it("takes the user's word for the kind of server, and says that it does", async () => {
    const { url } = await opened(standIn(KINDS.unknown));
    const { stdout } = await doctor(url, "--profile", "sglang");
    expect(stdout).toMatch(/Recognised by +set with --profile; its answers don't show it\n/);
    expect((await doctor(url, "--profile", "sglangg")).code).toBe(2);
  });

  it("ends with 1 when its requests fail, and with the reason", async () => {
    const broken = await opened(
      scriptedServer((response) => json(response, 500, { error: { message: "out of memory" } })),
    );
    const { code, stdout } = await doctor(broken.url);
    expect(code).toBe(1);
    expect(stdout).toMatch(/Prefix cache +not reported: a request failed: HTTP 500: out of memory\.\n/);
    expect(stdout).toMatch(/Chunk reuse +not reported: not tried, because the earlier requests failed\n/);
    expect(stdout).toMatch(/Failed +HTTP 500: out of memory\.\n/);
  });

  it("lets no server repaint the terminal, and shows no key of the user's or the server's", async () => {
    const { url } = await opened(
      standIn({
        model: { owned_by: "sglang", id: "\u001b[2J\u001b[31mred\u202e" },
        routes: {
          "GET /server_info": {
            version: "0.5\u001b]0;title\u0007",
            disable_radix_cache: false,
            api_key: "sk-theirs-1",
          },
        },
      }),
    );
    const { stdout, stderr } = await doctor(url, "--api_key", "sk-mine-0123456789");
    const { stdout: asJson } = await doctor(url, "--api_key", "sk-mine-0123456789", "--json");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there.
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    for (const key of ["sk-mine", "sk-theirs"]) expect(stdout + stderr + asJson).not.toContain(key);
  });
});
