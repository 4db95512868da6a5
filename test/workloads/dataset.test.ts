import { describe, expect, it } from "vitest";
import { wholePrompt } from "../../src/domain/records/chunked-prompt.js";
import { datasets, workloads } from "../../src/index.js";
import { random } from "../../src/stats/random.js";
import { openaiCounter } from "../../src/tokens/local-tokenizers.js";
import { expectedCached } from "../../src/workloads/expected.js";

const tokens = openaiCounter("gpt-4o")!;
const examples = await datasets.load("2wikimqa");
const block = (count: number, before = 0, label = "a") => ({
  texts: random("nonce").fork(label),
  order: random("seed"),
  count,
  before,
});

describe("a dataset as a workload", () => {
  it("asks each example once before any comes again, with what its answer is scored by", async () => {
    const requests = await workloads.dataset(examples).requests(tokens, block(2 * examples.length));
    const ids = requests.map(({ example }) => example!.id);
    const all = examples.map(({ example_id }) => example_id).sort();
    expect(ids.slice(0, examples.length).sort()).toEqual(all);
    expect(ids.slice(examples.length).sort()).toEqual(all);
    for (const { example, prompt, maxTokens } of requests) {
      const { references, input } = examples.find(({ example_id }) => example_id === example!.id)!;
      expect(example).toMatchObject({ dataset: "2wikimqa", metric: "token_f1", references, stop: null });
      expect(prompt.question).toContain(input);
      expect(maxTokens).toBe(32);
    }
  });

  it("goes on block by block, and begins with a line that no other label has", async () => {
    const workload = workloads.dataset(examples);
    const all = await workload.requests(tokens, block(7));
    expect([
      ...(await workload.requests(tokens, block(3))),
      ...(await workload.requests(tokens, block(4, 3))),
    ]).toEqual(all);
    const other = await workload.requests(tokens, block(7, 0, "b"));
    for (const [index, { prompt }] of all.entries()) {
      expect(prompt.prefix.slice(0, 16)).toBe(all[0]!.prompt.prefix.slice(0, 16));
      expect(prompt.prefix.slice(0, 16)).not.toBe(other[index]!.prompt.prefix.slice(0, 16));
      expect(prompt.chunks).toEqual(other[index]!.prompt.chunks);
    }
    const bare = await workloads.dataset(examples, { firstLine: false }).requests(tokens, block(1));
    expect(bare[0]!.prompt.prefix).toBe(all[0]!.prompt.prefix.slice(18));
  });

  it("names passages by their texts, and gives all of them beforehand", async () => {
    const workload = workloads.dataset(examples);
    const requests = await workload.requests(tokens, block(examples.length));
    const collected = await workload.documents(tokens, block(0));
    for (const [index, { chunkTokens }] of expectedCached(requests, collected).entries()) {
      const { pieceTokens, documents } = requests[index]!;
      expect(documents).toHaveLength(pieceTokens.chunks.length);
      expect(chunkTokens).toBe(pieceTokens.chunks.reduce((sum, one) => sum + one, pieceTokens.prefix));
    }
    const [first] = requests;
    expect(first!.contextTokens).toBe(await tokens.count(wholePrompt({ ...first!.prompt, question: "" })));
  });

  it("tells in its settings which examples they are", () => {
    const { settings } = workloads.dataset(examples, { wording: "longbench" });
    expect(settings).toMatchObject({
      dataset: ["2wikimqa"],
      examples: examples.length,
      wording: "longbench",
    });
    expect(workloads.dataset(examples.slice(1)).settings.sha256).not.toBe(settings.sha256);
  });

  it("is refused without examples", () => {
    expect(() => workloads.dataset([])).toThrow(/examples must be a list of at least one example/);
  });
});
