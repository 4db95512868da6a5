import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../../src/client/connect.js";
import type { TtftRecord } from "../../../src/domain/records/record-kinds.js";
import { runTtft } from "../../../src/experiments/ttft/ttft-run.js";
import { random } from "../../../src/stats/random.js";
import { answerWell, json, type ScriptedServer, scriptedServer } from "../../support/scripted-server.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** A server that does not tell its limit and takes so many characters; what it says to more. */
const limited = (takes: number, status: number, message: string): Promise<ScriptedServer> =>
  scriptedServer(
    (response, { body }) => {
      const { length } = JSON.stringify(body.messages);
      if (length > takes) json(response, status, { error: { message } });
      else answerWell(response);
    },
    { object: "list", data: [{ id: "limited", object: "model" }] },
  );

async function flushedRun(stand: ScriptedServer, flush: "auto" | "filler" = "auto") {
  open.push(stand);
  const server = await connect(stand.url);
  const records: TtftRecord[] = [];
  const said = { flushed: "", notFlushed: null as string | null };
  await runTtft({
    server,
    document: "A short document. ".repeat(10),
    contextTokens: 45,
    prompt: "Say one word.",
    following: 2,
    flush,
    maxTokens: 1,
    warmUps: 2,
    gapSeconds: 0,
    random: random("flush"),
    record: (record) => records.push(record),
    observer: {
      runStarts: () => {},
      firstToken: () => {},
      text: () => {},
      runEnds: () => {},
      flushed: (how) => {
        said.flushed = how;
      },
      notFlushed: (why) => {
        said.notFlushed = why;
      },
    },
    sleep: async () => {},
  });
  server.close();
  const fillers = stand.chats.filter(({ messages }) => JSON.stringify(messages).includes("noop"));
  return { records, fillers: fillers.map(({ messages }) => JSON.stringify(messages).length), ...said };
}

describe("fillers where no limit is told", () => {
  it("are cut to what the refusal names", async () => {
    const message =
      "This model's maximum context length is 2048 tokens. However, you requested 25013 tokens (25012 in the messages, 1 in the completion).";
    const { records, fillers, flushed } = await flushedRun(await limited(8_000, 400, message));
    // One of 100,000 characters, then 2,048 tokens less the margin, at four characters a token.
    expect(fillers).toHaveLength(11);
    expect(flushed).toBe("10 filler prompts of 7,168 characters");
    expect(records.map(({ cache_state, cache_control }) => [cache_state, cache_control])).toEqual([
      ["cold", "unique_prompt"],
      ["flushed", "filler"],
      ["warm", "repeat"],
    ]);
  });

  it.each([
    [400, "the request exceeds the available context size"],
    [413, "Payload Too Large"],
    [500, "internal error"],
  ])("are halved until they are taken (HTTP %i: %s)", async (status, message) => {
    const { fillers, flushed, notFlushed } = await flushedRun(await limited(4_000, status, message));
    expect(flushed).toMatch(/^10 filler prompts of 3,125 characters$/);
    expect(notFlushed).toBeNull();
    expect(fillers).toHaveLength(15);
  });

  it("are halved where the limit named is one of other tokens than these are counted in", async () => {
    // Three characters a token, where four are taken for one.
    const message = "context size is 2000 tokens";
    const { flushed } = await flushedRun(await limited(5_000, 400, message));
    expect(flushed).toBe("10 filler prompts of 3,488 characters");
  });

  it("that are all refused don't end the run: what follows is warm and says so", async () => {
    const picky = await scriptedServer((response, { body }) => {
      if (JSON.stringify(body.messages).includes("noop"))
        json(response, 400, { error: { message: "no fillers" } });
      else answerWell(response, 0);
    });
    const { records, flushed, notFlushed } = await flushedRun(picky);
    expect(flushed).toBe("");
    expect(notFlushed).toBe("no filler prompt was accepted: HTTP 400: no fillers.");
    expect(records.map(({ cache_state, cache_control }) => [cache_state, cache_control])).toEqual([
      ["cold", "unique_prompt"],
      ["warm", "none"],
      ["warm", "repeat"],
    ]);
    // As reported: nothing came from a cache, so it was not warm.
    expect(records[1]!.evidence).toBe("contradicted");
  });
});
