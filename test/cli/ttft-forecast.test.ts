import { afterAll, beforeAll, expect, it } from "vitest";
import { sayForecast } from "../../src/cli/screen/ttft-forecast.js";
import { connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import { random } from "../../src/stats/random.js";
import { type EngineHere, engineHere } from "../support/engine-here.js";

let engineServer: EngineHere;
let server: Server;
beforeAll(async () => {
  engineServer = await engineHere();
  server = await connect(engineServer.url);
});
afterAll(async () => {
  server.close();
  await engineServer.close();
});

let asked = 0;

/** What is said before a context of 131,072 tokens with such limits; each time by prompts that the server has not seen. */
async function said(limits: {
  readonly timeout_seconds: number;
  readonly idle_timeout_seconds: number;
}): Promise<string> {
  let text = "";
  const sink = {
    write: (part: string) => {
      text += part;
    },
  };
  const { signal } = new AbortController();
  await sayForecast(
    { out: sink, err: sink },
    server,
    { limits, tokens: 131_072 },
    random(`forecast ${asked++}`),
    signal,
  );
  return text;
}

it("says beforehand what the first token of a long context will take, from two short ones", async () => {
  expect(await said({ timeout_seconds: 86_400, idle_timeout_seconds: 86_400 })).toMatch(
    /^The first token of run 1 will take \d+ (s|min|h( \d+ min)?) or more: 2,048 tokens took [\d.]+ s, and prefill grows at least in proportion\. --max_ctx_tokens asks for fewer\.\n$/,
  );
});

it("says which limit that breaks, and what to do", async () => {
  expect(await said({ timeout_seconds: 900, idle_timeout_seconds: 0.001 })).toContain(
    "That is more than 0.001 s, after which the request is given up: raise --idle_timeout_seconds and --timeout_seconds, or ask for fewer tokens",
  );
});
