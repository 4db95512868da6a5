import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../../src/client/connect.js";
import type { ProfileName } from "../../../src/servers/profile/profile.js";
import { json, type ScriptedRequest, type ScriptedServer, serveScript } from "../scripted-server.js";

const open: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

type Body = Record<string, unknown>;

/** What a server of one kind answers on its routes tells of the tokens 21 and 22 behind 11, 12, 13. */
async function ask(
  profile: ProfileName,
  routes: Readonly<Record<string, (body: Body) => unknown>>,
  body: Body = {},
) {
  const bodies: Body[] = [];
  const answerOf = ({ path, body: sent }: ScriptedRequest): string => {
    if (path === "/v1/models") return json({ data: [{ id: "scripted" }] });
    const answer = routes[path];
    if (answer === undefined) return json({ error: { message: "no such route" } }, "404 Not Found");
    const parsed = JSON.parse(sent) as Body;
    bodies.push(parsed);
    const said = answer(parsed);
    return typeof said === "string" ? json({ error: { message: said } }, "400 Bad Request") : json(said);
  };
  const server = await serveScript((request) => [answerOf(request)]);
  open.push(server);
  const connected = await connect(server.url, { profile });
  const told = await connected.forcedLogprobs({ prompt: [11, 12, 13], forced: [21, 22], body });
  connected.close();
  return { told, bodies };
}

const usage = { prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 3 } };
const entry = (logprob: number, rank: number) => ({ logprob, rank, decoded_token: "x" });

describe("forced log-probabilities", () => {
  it("are vLLM's prompt_logprobs of the last tokens, with the caller's fields", async () => {
    const { told, bodies } = await ask(
      "vllm",
      {
        "/v1/completions": () => ({
          choices: [
            {
              text: "!",
              prompt_logprobs: [
                null,
                { 12: entry(-1, 1) },
                { 13: entry(-1, 1) },
                // Its own first, though it is not among the likeliest.
                { 21: entry(-7.5, 40), 30: entry(-0.1, 1), 31: entry(-9999, 2) },
                { 22: entry(-0.5, 1), 30: entry(-1.5, 2) },
              ],
            },
          ],
          usage,
        }),
      },
      { cache_salt: "s" },
    );
    expect(told).toMatchObject({ source: "prompt_logprobs", prompt_tokens: 5, cached_tokens: 3 });
    expect("tokens" in told && told.tokens).toEqual([
      {
        own: -7.5,
        logprobs: new Map([
          ["21", -7.5],
          ["30", -0.1],
        ]),
      },
      {
        own: -0.5,
        logprobs: new Map([
          ["22", -0.5],
          ["30", -1.5],
        ]),
      },
    ]);
    expect(bodies).toEqual([
      expect.objectContaining({
        prompt: [11, 12, 13, 21, 22],
        max_tokens: 1,
        stream: false,
        prompt_logprobs: 20,
        cache_salt: "s",
      }),
    ]);
  });

  it("are asked of the embedded engine from their first on, and of nobody else: others may refuse the field", async () => {
    const answered = {
      choices: [{ prompt_logprobs: [null, null, null, { 21: entry(-1, 1) }, { 22: entry(-2, 1) }] }],
      usage,
    };
    for (const [profile, from] of [
      ["embedded-engine", 3],
      ["vllm", undefined],
      ["unknown", undefined],
    ] as const) {
      const { told, bodies } = await ask(profile, { "/v1/completions": () => answered });
      expect(told).toMatchObject({ tokens: [{ own: -1 }, { own: -2 }], source: "prompt_logprobs" });
      expect(bodies.map(({ prompt_logprobs_from }) => prompt_logprobs_from)).toEqual([from]);
    }
  });

  it("are SGLang's input_top_logprobs, from the last token before them on", async () => {
    const { told, bodies } = await ask("sglang", {
      "/generate": () => ({
        text: "!",
        meta_info: {
          prompt_tokens: 5,
          cached_tokens: 2,
          input_token_logprobs: [
            [null, 13, null],
            [-7.5, 21, null],
            [-0.5, 22, null],
          ],
          input_top_logprobs: [
            null,
            [
              [-0.1, 30, null],
              [-3, 31, null],
            ],
            [
              [-0.5, 22, null],
              [-1.5, 30, null],
            ],
          ],
        },
      }),
    });
    expect(told).toMatchObject({
      source: "meta_info.input_top_logprobs",
      prompt_tokens: 5,
      cached_tokens: 2,
    });
    const [first, second] = "tokens" in told ? told.tokens : [];
    expect([first?.own, second?.own]).toEqual([-7.5, -0.5]);
    expect([...first!.logprobs]).toEqual([
      ["30", -0.1],
      ["31", -3],
      ["21", -7.5],
    ]);
    expect(bodies[0]).toMatchObject({
      input_ids: [11, 12, 13, 21, 22],
      return_logprob: true,
      logprob_start_len: 2,
      top_logprobs_num: 20,
    });
  });

  it("are asked of llama.cpp token by token, each over the KV of the one before", async () => {
    const { told, bodies } = await ask(
      "llamacpp",
      {
        "/completion": ({ prompt }) => ({
          content: "!",
          completion_probabilities: [
            {
              id: 30,
              logprob: -0.1,
              top_logprobs:
                (prompt as number[]).length === 3
                  ? [
                      { id: 30, token: "a", bytes: [97], logprob: -0.1 },
                      { id: 21, token: "b", bytes: [98], logprob: -3 },
                    ]
                  : [{ id: 30, token: "a", bytes: [97], logprob: -0.2 }],
            },
          ],
        }),
      },
      { cache_prompt: false },
    );
    // What is not among the likeliest is not told.
    expect("tokens" in told && told.tokens.map(({ own }) => own)).toEqual([-3, null]);
    expect(bodies.map(({ prompt, cache_prompt }) => [prompt, cache_prompt])).toEqual([
      [[11, 12, 13], false],
      [[11, 12, 13, 21], true],
    ]);
  });

  const echoed = (tokens: readonly string[]) => ({
    choices: [
      {
        text: tokens.join(""),
        logprobs: {
          tokens,
          token_logprobs: tokens.map((_, i) => (i === 0 ? null : -i)),
          top_logprobs: tokens.map((token, i) => (i === 0 ? null : { [token]: -i, "\ufffd": -0.5, z: -2 })),
        },
      },
    ],
    usage,
  });

  it("are echoed by others, by text, without texts that are no character", async () => {
    const { told } = await ask("unknown", {
      "/v1/completions": (body) =>
        body.echo === true ? echoed(["a", "b", "c", "d", "e", "f"]) : { choices: [{ text: "f" }], usage },
    });
    expect(told).toMatchObject({ source: "echoed logprobs" });
    expect("tokens" in told && told.tokens).toEqual([
      {
        own: -3,
        logprobs: new Map([
          ["d", -3],
          ["z", -2],
        ]),
      },
      {
        own: -4,
        logprobs: new Map([
          ["e", -4],
          ["z", -2],
        ]),
      },
    ]);
  });

  it.each<[string, ProfileName, Readonly<Record<string, (body: Body) => unknown>>, RegExp]>([
    [
      "a refusal, in the server's words",
      "vllm",
      { "/v1/completions": () => "Requested prompt logprobs of 20, which is greater than max allowed: 5" },
      /greater than max allowed: 5/,
    ],
    [
      "nothing of the sort",
      "openai",
      { "/v1/completions": () => ({ choices: [{ text: "f" }] }) },
      /echoes no/,
    ],
    ["no such route", "sglang", {}, /no such route/],
    [
      "other tokens",
      "sglang",
      {
        "/generate": () => ({
          meta_info: {
            input_token_logprobs: [
              [-1, 7, null],
              [-1, 22, null],
            ],
            input_top_logprobs: [[], []],
          },
        }),
      },
      /returns no input_top_logprobs for these tokens/,
    ],
    [
      "the ids of other tokens",
      "vllm",
      {
        "/v1/completions": ({ echo }) =>
          echo === true
            ? echoed(["a", "b", "c"])
            : { choices: [{ prompt_logprobs: [{ 21: entry(-1, 1) }] }] },
      },
      /no prompt_logprobs for these tokens, and it echoes no logprobs/,
    ],
    [
      "the old probabilities",
      "llamacpp",
      { "/completion": () => ({ completion_probabilities: [{ content: "a", probs: [] }] }) },
      /no completion_probabilities with ids/,
    ],
  ])("are not told where the server answers %s", async (_, profile, routes, reason) => {
    const { told } = await ask(profile, routes);
    expect("reason" in told ? told.reason : told).toMatch(reason);
  });
});
