import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../../src/client/connect.js";
import { correctCounter } from "../../../src/experiments/correct-counter.js";
import { examine } from "../../../src/experiments/doctor/doctor.js";
import { answerWell, begin, delta, json, scriptedServer } from "../../support/scripted-server.js";
import { KINDS, type StandInOptions, standIn } from "../../support/stand-in.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function diagnose(options: StandInOptions) {
  const stand = await standIn(options);
  open.push(stand);
  const server = await connect(stand.url);
  const diagnosis = await examine(server);
  server.close();
  return { diagnosis, received: stand.received };
}

describe("an examination", () => {
  it.each([
    ["vllm", ["vllm:prompt_tokens_by_source_total"], true],
    ["vllm-lmcache", ["usage.prompt_tokens_details.cached_tokens"], true],
    ["vllm-lmcache-server", ["usage.prompt_tokens_details.cached_tokens"], true],
    ["sglang", ["sglang:cached_tokens_total"], false],
    ["ollama", ["usage.prompt_tokens_details.cached_tokens"], false],
    ["litellm", ["usage.prompt_tokens_details.cached_tokens"], false],
    ["openai", ["usage.prompt_tokens_details.cached_tokens"], false],
    ["unknown", ["usage.prompt_tokens_details.cached_tokens"], false],
  ] as const)("of %s sees its prefix cache at work, and what proves it", async (kind, proof, prefill) => {
    const { diagnosis } = await diagnose(KINDS[kind]);
    expect(diagnosis).toMatchObject({
      server: { profile: kind },
      proof,
      prefix_cache: { state: "on" },
      server_times: { prefill },
      failures: [],
    });
    expect(diagnosis.chunk_reuse.state).not.toBe("on");
  });

  it("sees that there is no prefix cache", async () => {
    const { diagnosis } = await diagnose({ ...KINDS.vllm, caches: false, reports: true });
    expect(diagnosis.prefix_cache).toMatchObject({
      state: "off",
      seen: expect.stringMatching(/took 0 of its \d+ tokens/),
    });
  });

  it("does not call the blocks of the first part reuse of the second", async () => {
    const { diagnosis } = await diagnose({ ...KINDS.vllm, reports: true });
    const [, cached, all] = /, (\d+) of (\d+) tokens/.exec(diagnosis.chunk_reuse.seen)!.map(Number);
    expect(diagnosis.chunk_reuse.state).toBe("off");
    expect(cached! / all!).toBeGreaterThan(0.1);
    expect(cached! / all!).toBeLessThan(0.4);
  });

  it("says of a prompt of OpenAI's whether it was long enough to be cached at all", async () => {
    const { received } = await diagnose(KINDS.openai);
    const chats = received.filter(({ path }) => path === "/v1/chat/completions");
    // Two short chats come first, which show how many characters a token has.
    expect(JSON.stringify(chats[2]!.body).length / 4).toBeGreaterThan(1_024);
  });

  it("counts tokens as the server's usage shows", async () => {
    const { diagnosis } = await diagnose(KINDS.unknown);
    expect(diagnosis.token_counter).toEqual({
      name: "≈ characters a token, by the server's usage",
      exact: false,
    });
  });

  // As llama-cpp-python 0.3.36 does: usage stands in answers in one piece, never in a stream.
  it.each([
    "chats",
    "bare prompts",
  ])("counts tokens as answers in one piece show where streams tell no usage of %s", async (kind) => {
    const TEMPLATE = 26;
    const CHARACTERS = 4.6;
    const streams = await scriptedServer((response, { body }) => {
      if (kind === "bare prompts" && body.messages !== undefined) return json(response, 404, {});
      const text =
        body.messages === undefined
          ? String(body.prompt)
          : (body.messages as { content: string }[]).map(({ content }) => content).join("");
      const prompt_tokens = TEMPLATE + Math.round(text.length / CHARACTERS);
      if (body.stream === true) {
        begin(response);
        delta(response, { role: "assistant", content: "Hello" });
        response.end(
          `data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: "length" }] })}\n\ndata: [DONE]\n\n`,
        );
        return;
      }
      expect(body).not.toHaveProperty("stream_options");
      const choices = [
        { index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "length" },
      ];
      json(response, 200, { choices, usage: { prompt_tokens, completion_tokens: 1 } });
    });
    open.push(streams);
    const server = await connect(streams.url);
    await correctCounter(server, (characters) => "x".repeat(characters));
    expect(server.tokens.name).toBe("≈ characters a token, by the server's usage");
    const count = await server.tokens.count("x".repeat(4_600));
    expect(count).toBeGreaterThan(995);
    expect(count).toBeLessThan(1_005);
    server.close();
  });

  it("says that the server cuts even its short prompts, and what to do", async () => {
    const { diagnosis } = await diagnose({ ...KINDS.ollama, cutsAt: 300 });
    const { state, seen } = diagnosis.prefix_cache;
    expect(state).toBe("not_told");
    expect(seen).toMatch(/^the server cut the prompt: it counted 300 prompt tokens .* larger num_ctx/);
  });

  it.each([
    ["names its limit", "maximum context length is 512 tokens"],
    ["names none", "too long"],
  ])("shrinks its prompts to what a server takes that tells no limit and %s", async (_how, message) => {
    const small = await scriptedServer(
      (response, { body }) => {
        const tokens = JSON.stringify(body.messages).length / 4;
        if (tokens > 512) json(response, 400, { error: { message } });
        else answerWell(response, 0, Math.round(tokens));
      },
      { object: "list", data: [{ id: "small", object: "model" }] },
    );
    open.push(small);
    const server = await connect(small.url);
    const diagnosis = await examine(server);
    server.close();
    expect(diagnosis.failures).toEqual([]);
    expect(diagnosis.prefix_cache).toMatchObject({ state: "off" });
  });

  it("clears nothing, whatever the server has", async () => {
    for (const kind of ["vllm-lmcache", "sglang", "ollama"] as const) {
      const { received } = await diagnose(KINDS[kind]);
      expect(received.filter(({ method }) => method === "DELETE")).toEqual([]);
      const posts = received.filter(({ method }) => method === "POST").map(({ path }) => path);
      expect(posts.filter((path) => !/^\/(v1\/|tokenize)/.test(path))).toEqual([]);
    }
  });

  it("leaves out what needs LMCache's address, and says so", async () => {
    const { diagnosis } = await diagnose(KINDS["vllm-lmcache"]);
    expect(diagnosis.tiers).toMatchObject([
      { tier: "vLLM's GPU blocks", clears: true },
      { tier: "LMCache's store", clears: false },
    ]);
    expect(diagnosis.advice.join()).toContain("--cache_server http://HOST:6999");
  });
});
