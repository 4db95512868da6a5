import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../../src/client/connect.js";
import { warmUp } from "../../../src/experiments/ttft/ttft-request.js";
import { random } from "../../../src/stats/random.js";
import {
  begin,
  delta,
  finish,
  json,
  type ScriptedServer,
  scriptedServer,
} from "../../support/scripted-server.js";

let server: ScriptedServer;
afterEach(() => server.close());

const warmedUp = async () => {
  const connected = await connect(server.url);
  try {
    return await warmUp(connected, random(1), "Summarize this text", 2);
  } finally {
    connected.close();
  }
};

describe("a warm-up", () => {
  // As vLLM 0.32.0 answers where the one token allowed is part of a letter.
  it("is content with an answer whose only token has no text", async () => {
    server = await scriptedServer((response) => {
      begin(response);
      delta(response, { role: "assistant", content: "" });
      response.write(
        `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "length" }] })}\n\n`,
      );
      finish(response, {
        prompt_tokens: 100,
        completion_tokens: 1,
        prompt_tokens_details: { cached_tokens: 16 },
      });
    });
    expect(await warmedUp()).toMatchObject({ templateTokens: 16 });
  });

  it("fails where the server does, with its reason", async () => {
    server = await scriptedServer((response) => json(response, 500, { error: { message: "out of memory" } }));
    await expect(warmedUp()).rejects.toThrow(/^The warm-up request to .* failed: HTTP 500: out of memory\.$/);
  });
});
