import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutPrompts, type PromptCounts, promptIsShort } from "../../../src/domain/records/cut-prompt.js";
import { CORRECTED_ESTIMATE, ESTIMATE, howCounted } from "../../../src/domain/records/token-count.js";

const counts = (
  context_tokens: number | null,
  prompt_tokens: number | null,
  token_counter: string | null = "server /tokenize",
  more: Partial<PromptCounts> = {},
): PromptCounts => ({
  label: "a",
  model: "m",
  context_tokens,
  prompt_tokens,
  token_counter,
  cached_tokens: null,
  ...more,
});

describe("a token counter's name", () => {
  it.each([
    ["server /tokenize", "exact"],
    ["@huggingface/tokenizers SmolLM2/tokenizer.json", "exact"],
    ["gpt-tokenizer o200k_base", "exact"],
    [ESTIMATE, "estimated"],
    [CORRECTED_ESTIMATE, "corrected"],
    [null, "unknown"],
  ])("%j tells how it counts: %s", (name, how) => {
    expect(howCounted(name)).toBe(how);
  });
});

describe("a prompt that the server cut", () => {
  // Ollama's default context was 4,096 tokens: what is longer comes back with prompt_tokens of 4,096.
  it.each([
    ["exact", 8_000, "server /tokenize"],
    ["exact, just over the limit", 4_200, "server /tokenize"],
    ["corrected", 5_000, CORRECTED_ESTIMATE],
    ["estimated", 8_000, ESTIMATE],
    ["not told", 8_000, null],
  ])("is seen where the count is %s: %d tokens", (_how, context, counter) => {
    expect(promptIsShort(counts(context, 4_096, counter))).toBe(true);
  });

  it.each([
    ["the question and the template on top", counts(4_000, 4_036)],
    ["seams that join tokens", counts(4_000, 3_990)],
    // 24 % fewer than four characters a token: SmolLM2's tokenizer on English filler.
    ["an estimate that is too high", counts(4_000, 3_226, ESTIMATE)],
    ["a corrected estimate of another text", counts(4_000, 3_850, CORRECTED_ESTIMATE)],
    ["no usage", counts(4_000, null)],
    ["no count of the context", counts(null, 20)],
    [
      "a count that leaves out what was cached",
      counts(4_000, 20, "server /tokenize", { cached_tokens: 4_010 }),
    ],
  ])("is not one with %s", (_why, row) => {
    expect(promptIsShort(row)).toBe(false);
  });

  it("is never one whose server counted at least the context", () => {
    fc.assert(
      fc.property(
        fc.nat(200_000),
        fc.nat(5_000),
        fc.constantFrom("server /tokenize", ESTIMATE, CORRECTED_ESTIMATE, null),
        (context, more, counter) => {
          expect(promptIsShort(counts(context, context + more, counter))).toBe(false);
        },
      ),
    );
  });
});

describe("rows read together", () => {
  const cutOf = (rows: readonly PromptCounts[]) => {
    const isCut = cutPrompts(rows);
    return rows.filter(isCut).map(({ context_tokens }) => context_tokens);
  };

  it("show the server's limit where prompt_tokens stand still while contexts grow", () => {
    // 5,000 → 4,096 alone could be an estimate's error; beside 8,000 → 4,096 it can't.
    const rows = [2_000, 4_000, 5_000, 8_000].map((context) =>
      counts(context, Math.min(context + 40, 4_096), ESTIMATE),
    );
    expect(cutOf(rows)).toEqual([5_000, 8_000]);
    expect(cutOf([counts(4_500, 4_096, ESTIMATE), counts(7_000, 4_096, ESTIMATE)])).toEqual([4_500, 7_000]);
  });

  it("of examples show it only by a prompt shorter than its context, for their questions differ", () => {
    // A long dialogue after few examples, and a short one after many, cut to one length by the client.
    const rows = [
      counts(700, 2_000, "server /tokenize", { example_id: "one" }),
      counts(1_900, 2_000, "server /tokenize", { example_id: "two" }),
    ];
    expect(rows.map(cutPrompts(rows))).toEqual([false, false]);
    const cut = [...rows, counts(2_400, 2_000, "server /tokenize", { example_id: "three" })];
    expect(cut.map(cutPrompts(cut))).toEqual([true, true, true]);
  });

  it("are each held to their own label's and model's limit", () => {
    const other = { label: "b" };
    expect(
      cutOf([counts(8_000, 4_096), counts(4_080, 4_096, "server /tokenize", other), counts(16_000, 4_096)]),
    ).toEqual([8_000, 16_000]);
  });

  it("of one length are no sign, nor are texts that an estimate counts a little apart", () => {
    expect(cutOf([counts(4_000, 4_030), counts(4_000, 4_030)])).toEqual([]);
    expect(cutOf([counts(500, 640, ESTIMATE), counts(560, 640, ESTIMATE)])).toEqual([]);
  });
});
