import {
  DONE,
  delta,
  json,
  ROLE,
  type ScriptedRequest,
  type Step,
  stream,
} from "../client/scripted-server.js";
import { type FaultCase, ok, oneRequest } from "./fault-case.js";
import { chats, path } from "./hostile-server.js";

const answer = (usage: string, timings = ""): readonly Step[] =>
  stream(
    ROLE,
    delta({ content: "Hi" }, "stop"),
    `data: {"choices":[],"usage":${usage}${timings === "" ? "" : `,"timings":${timings}`}}\n\n`,
    DONE,
  );

const warm = oneRequest("--num_following", "1");

const UNTRUE: readonly (readonly [what: string, json: string])[] = [
  ["below 0", "-5"],
  ["a fraction", "12.5"],
  ["1e308", "1e308"],
  ["beyond all numbers", "1e999"],
  ["a thousand million", "1000000000"],
  ["ten million, of a request of some hundred bytes", "10000000"],
  ["a text", '"64"'],
  ["true", "true"],
  ["a list", "[64]"],
  ["an object", '{"tokens":64}'],
];

const FIELDS: readonly (readonly [
  name: string,
  usage: (value: string) => string,
  timings?: (value: string) => string,
])[] = [
  [
    "prompt tokens",
    (value) =>
      `{"prompt_tokens":${value},"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":64}}`,
  ],
  [
    "cached tokens",
    (value) =>
      `{"prompt_tokens":90,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":${value}}}`,
  ],
  ["cache_n", () => '{"prompt_tokens":90,"completion_tokens":1}', (value) => `{"cache_n":${value}}`],
];

const noProof = (log: unknown, remark: RegExp): void => {
  for (const record of Array.isArray(log) ? log : []) {
    const { evidence, cached_tokens, remark: said } = record as Record<string, unknown>;
    if (evidence === "proven" || cached_tokens !== null || !remark.test(String(said)))
      throw new Error(`evidence ${evidence} of ${cached_tokens} tokens, and it says ${said}`);
  }
};

const counts = FIELDS.flatMap(([name, usage, timings]) =>
  UNTRUE.map(
    ([what, value]): FaultCase => ({
      name: `a server says that its ${name} are ${what}`,
      server: chats(answer(usage(value), timings?.(value))),
      command: warm,
      exit: 0,
      log: ok(2),
      holds: ({ log }) => noProof(log, /its counts are ignored/),
    }),
  ),
);

const more: readonly FaultCase[] = [
  {
    name: "a server says that more came from its cache than the prompt has",
    server: chats(
      answer('{"prompt_tokens":90,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":91}}'),
    ),
    command: warm,
    exit: 0,
    log: ok(2),
    holds: ({ log }) => noProof(log, /both are ignored/),
  },
  ...["1e308", "-1", "90000", "1e999"].map(
    (value): FaultCase => ({
      name: `a server says that it computed the prompt for ${value} ms`,
      server: chats(
        answer('{"prompt_tokens":90,"completion_tokens":1}', `{"prompt_ms":${value},"queue_ms":${value}}`),
      ),
      exit: 0,
      log: ok(1),
      holds: ({ log }) => {
        const [{ server_prefill_seconds, server_queue_seconds, remark }] = log as readonly [
          Record<string, unknown>,
        ];
        if (
          server_prefill_seconds !== null ||
          server_queue_seconds !== null ||
          !/ignored/.test(String(remark))
        )
          throw new Error(`${server_prefill_seconds} s and ${server_queue_seconds} s, and it says ${remark}`);
      },
    }),
  ),
  ...[1e9, -1, 0, 1.5, "3", null].map(
    (count): FaultCase => ({
      name: `a tokenizer counts ${JSON.stringify(count)} tokens of every text`,
      server: path("/tokenize", [json({ count, tokens: [] })]),
      exit: 0,
      log: ok(1),
      holds: ({ log }) => {
        const [{ token_counter, context_tokens }] = log as readonly [Record<string, unknown>];
        if (!String(token_counter).startsWith("≈") || context_tokens === 0)
          throw new Error(`${context_tokens} tokens by ${token_counter}`);
      },
    }),
  ),
  {
    name: "a tokenizer counts well once and then 1e9 tokens of every text",
    server: path("/tokenize", ({ body }: ScriptedRequest) => [
      json({ count: body.includes("one two three") ? 3 : 1e9, tokens: [] }),
    ]),
    exit: 1,
    says: [/\/tokenize did not count the tokens/],
    log: null,
  },
];

/** What a server says of itself and can't be true. */
export const LIES: readonly FaultCase[] = [...counts, ...more];
