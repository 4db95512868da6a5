import { afterEach, describe, expect, it } from "vitest";
import { findColdMeans } from "../../src/client/cold-request.js";
import { connect } from "../../src/client/connect.js";
import { answerWell, json, type ScriptedServer, scriptedServer } from "../support/scripted-server.js";

const open: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const COLD = ["cache_salt", "cache_prompt"];

/** What is learnt of a server nobody knows that refuses some fields with a status, and reports so many cached tokens. */
async function learn(refused: readonly string[], status: number, cached: readonly number[] = [0, 0]) {
  let answered = 0;
  const stand = await scriptedServer((response, { body }) => {
    if (refused.some((field) => field in body))
      json(response, status, { error: { message: "unknown field" } });
    else answerWell(response, cached[answered++]);
  });
  open.push(stand);
  const server = await connect(stand.url);
  const send = async (body: Readonly<Record<string, unknown>>) => ({
    completion: await server.chat({ messages: [{ role: "user", content: "one two" }], maxTokens: 1, body }),
    textTokens: 60,
  });
  const means = await findColdMeans(server, send, 2, ({ error }) => {
    throw new Error(String(error));
  });
  server.close();
  return { means, requests: stand.chats.length };
}

describe("what keeps a request cold at a server nobody knows", () => {
  it.each([
    [[], 400, COLD, 2],
    [["cache_salt"], 400, ["cache_prompt"], 4],
    [["cache_prompt"], 422, ["cache_salt"], 3],
    [COLD, 400, [], 5],
    [COLD, 500, [], 5],
  ])("is every field but those it refuses: %j with HTTP %i", async (refused, status, taken, requests) => {
    const found = await learn(refused, status);
    const next = found.means.next();
    expect(Object.keys(next.first).sort()).toEqual([...taken].sort());
    expect(next).toMatchObject({ control: "unique_prompt" });
    expect(found.means.keepsApart).toBe(false);
    expect(found.requests).toBe(requests);
    // A salt is a prompt's own, and its repeat's.
    if (!taken.includes("cache_salt")) return;
    expect(next.repeat).toEqual({ cache_salt: next.first.cache_salt });
    expect(found.means.next().first.cache_salt).not.toBe(next.first.cache_salt);
  });

  it("fails where it is not the fields, with the reason", async () => {
    await expect(learn(["messages"], 401)).rejects.toThrow(/401/);
    await expect(learn(["messages"], 500)).rejects.toThrow(/500/);
  });

  it("shows the template's share, unless the report leaves no room for the text", async () => {
    // Of 100 prompt tokens 60 are the text's.
    expect((await learn([], 400, [0, 25])).means.templateTokens).toBe(25);
    for (const odd of [96, 101]) expect((await learn([], 400, [0, odd])).means.templateTokens).toBe(0);
  });
});
