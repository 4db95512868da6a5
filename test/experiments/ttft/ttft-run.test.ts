import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../../src/client/connect.js";
import type { TtftRecord } from "../../../src/domain/records/record-kinds.js";
import { contextBudget, runTtft } from "../../../src/experiments/ttft/ttft-run.js";
import { random } from "../../../src/stats/random.js";
import { KINDS, type StandInOptions, standIn } from "../../support/stand-in.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

let runs = 0;
const DOCUMENT = "A document that has been served many times before today. ".repeat(30);

/** The seed's run with a flush, on a server that has seen the document before. */
async function flushedRun(options: StandInOptions) {
  const stand = await standIn(options);
  open.push(stand);
  const server = await connect(stand.url);
  const records: TtftRecord[] = [];
  let how = "";
  const run = (flush: "auto" | null) =>
    runTtft({
      server,
      document: DOCUMENT,
      contextTokens: 300,
      prompt: "Say one word.",
      following: 2,
      flush,
      maxTokens: 1,
      warmUps: 2,
      gapSeconds: 0,
      random: random(`run ${++runs}`),
      record: (record) => records.push(record),
      observer: {
        runStarts: () => {},
        firstToken: () => {},
        text: () => {},
        runEnds: () => {},
        flushed: (said) => {
          how = said;
        },
        notFlushed: () => {},
      },
      sleep: async () => {},
    });
  await run(null);
  records.length = 0;
  await run("auto");
  server.close();
  return { records, how, received: stand.received };
}

describe("a flush", () => {
  it("is a new salt where vLLM can't be reset: nothing is evicted, and the next request is cold all the same", async () => {
    const { records, how, received } = await flushedRun({ ...KINDS.vllm, reports: true });
    expect(how).toBe("bypassed by a new cache_salt");
    expect(records).toMatchObject([
      { cache_state: "cold", cache_control: "cache_salt", evidence: "proven", cached_tokens: 0 },
      { cache_state: "flushed", cache_control: "cache_salt", evidence: "proven", cached_tokens: 0 },
      { cache_state: "warm", cache_control: "repeat", evidence: "proven" },
    ]);
    expect(received.filter(({ path }) => path.endsWith("/completions"))).toHaveLength(10);
  });

  it("passes llama.cpp's cache over", async () => {
    const { records, how } = await flushedRun(KINDS.llamacpp);
    expect(how).toBe("bypassed by cache_prompt: false");
    expect(records).toMatchObject([
      { cache_control: "cache_prompt_false", evidence: "proven" },
      { cache_state: "flushed", cache_control: "cache_prompt_false", evidence: "proven" },
      { cache_state: "warm", evidence: "proven" },
    ]);
  });

  it("unloads Ollama's model, whose first run has a known document behind a line of its own", async () => {
    const { records, how } = await flushedRun(KINDS.ollama);
    expect(how).toBe("POST /api/generate (the loaded model's cache)");
    expect(records).toMatchObject([
      { cache_state: "cold", cache_control: "unique_prompt", evidence: "proven" },
      { cache_state: "flushed", cache_control: "reset", evidence: "proven", cached_tokens: 0 },
      { cache_state: "warm", evidence: "proven" },
    ]);
  });
});

describe("contextBudget", () => {
  it.each([
    ["keeps the margin below the limit the server tells", 131_072, 32_768, 30_720],
    ["takes a smaller context as it is", 1_000, 32_768, 1_000],
    ["takes the default for the limit where the server tells none", 131_072, null, 129_024],
    ["takes a small context as it is where the server tells none", 1_000, null, 1_000],
    ["takes 4,096 as a context and 4,097 as a limit", 4_096, null, 4_096],
    ["takes 4,096 as a context and 4,097 as a limit", 4_097, null, 2_049],
  ])("%s", (_, maxTokens, limit, budget) => {
    expect(contextBudget({ maxTokens, limit, marginTokens: 2_048 })).toBe(budget);
  });

  it("says what to lower when the limit leaves no room beside the margin", () => {
    expect(() => contextBudget({ maxTokens: 500, limit: 2_048, marginTokens: 2_048 })).toThrow(
      "safety_margin must be below the model's limit of 2048 tokens",
    );
  });
});
