import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeUsage, readTokens, usageReports } from "../../../src/client/event/server-figures.js";
import type { JsonObject } from "../../../src/domain/json.js";

const read = (...reports: readonly JsonObject[]) =>
  readTokens(
    reports.reduce<JsonObject | null>((merged, report) => mergeUsage(merged, report), null),
    null,
    true,
  );
const REAL = {
  prompt_tokens: 900,
  completion_tokens: 2,
  total_tokens: 902,
  prompt_tokens_details: { cached_tokens: 768 },
};
const TOLD = { prompt_tokens: 900, output_tokens: 2, cached_tokens: 768 };

describe("usage", () => {
  it.each<readonly JsonObject[]>([
    [REAL],
    [REAL, { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }],
    [REAL, {}],
    [REAL, { prompt_tokens: null, completion_tokens: null, prompt_tokens_details: null }],
    [REAL, { prompt_tokens: 0, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 0 } }],
    [{ prompt_tokens: 0, completion_tokens: 0, prompt_tokens_details: null }, REAL],
    [{ prompt_tokens: 900, prompt_tokens_details: { cached_tokens: 768 } }, { completion_tokens: 2 }],
    [{ prompt_tokens: 900 }, { completion_tokens: 2 }, { prompt_tokens_details: { cached_tokens: 768 } }],
    // vLLM's continuous_usage_stats count up.
    [{ ...REAL, completion_tokens: 0 }, { ...REAL, completion_tokens: 1 }, REAL],
    [REAL, { prompt_tokens: -1, completion_tokens: 1e308, prompt_tokens_details: { cached_tokens: "0" } }],
  ])("that comes in parts is put together, and nothing told is lost (%#)", (...reports) => {
    expect(read(...reports)).toMatchObject(TOLD);
  });

  it.each([
    ["usage.cached_tokens", { ...REAL, prompt_tokens_details: undefined, cached_tokens: 768 }],
    [
      "usage.prompt_cache_hit_tokens",
      {
        prompt_tokens: 900,
        completion_tokens: 2,
        prompt_cache_hit_tokens: 768,
        prompt_cache_miss_tokens: 132,
      },
    ],
    [
      "usage.cache_read_input_tokens",
      { prompt_tokens: 900, completion_tokens: 2, cache_read_input_tokens: 768 },
    ],
    // Anthropic's input_tokens are what neither was read from its cache nor written to it.
    [
      "usage.cache_read_input_tokens",
      { input_tokens: 100, output_tokens: 2, cache_read_input_tokens: 768, cache_creation_input_tokens: 32 },
    ],
    [
      "usage.input_tokens_details.cached_tokens",
      { input_tokens: 900, output_tokens: 2, input_tokens_details: { cached_tokens: 768 } },
    ],
    ["usage.cached_tokens", { ...REAL, prompt_tokens_details: { cached_tokens: 0 }, cached_tokens: 768 }],
  ])("tells of cached tokens in %s", (cached_tokens_source, report) => {
    expect(read(report)).toEqual({ ...TOLD, cached_tokens_source, doubt: null });
  });

  it.each<JsonObject>([
    ...["900", 1.5, -1, 1e308, Number.NaN, [900], true, null].map((prompt_tokens) => ({ prompt_tokens })),
    { prompt_tokens: 0, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 0 } },
    {},
  ])("that tells nothing is null, not 0 (%j)", (report) => {
    expect(read(report)).toMatchObject({ prompt_tokens: null, output_tokens: null, cached_tokens: null });
  });

  it("keeps a zero that is one: nothing from the cache, or an answer without a token", () => {
    const zero = { prompt_tokens: 9, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 0 } };
    expect(readTokens(zero, null, false)).toMatchObject({
      prompt_tokens: 9,
      output_tokens: 0,
      cached_tokens: 0,
    });
    expect(readTokens(zero, null, true).output_tokens).toBeNull();
    expect(read(zero, { prompt_tokens_details: null })).toMatchObject({ cached_tokens: 0 });
  });

  it.each([
    { prompt_tokens: 10, completion_tokens: 2, cache_read_input_tokens: 890 },
    { prompt_tokens: 10, completion_tokens: 2, cache_read_input_tokens: 0, cache_creation_input_tokens: 890 },
  ])("adds what a gateway has left out of Anthropic's prompt: %j", (report) => {
    expect(read(report)).toMatchObject({
      prompt_tokens: 900,
      cached_tokens: report.cache_read_input_tokens,
      doubt: null,
    });
  });

  it("does not believe more cached tokens than the prompt has", () => {
    expect(read({ prompt_tokens: 100, prompt_cache_hit_tokens: 768 })).toMatchObject({
      prompt_tokens: null,
      cached_tokens: null,
      cached_tokens_source: null,
      doubt:
        "The server reports 768 cached tokens of a prompt of 100 (usage.prompt_cache_hit_tokens): both are ignored.",
    });
  });

  it.each([
    -5,
    12.5,
    1e308,
    Number.POSITIVE_INFINITY,
    1e9,
    "900",
    true,
    [900],
    { tokens: 900 },
  ])("that can't be true is believed nowhere, and says so: %j", (value) => {
    const fields = [
      { prompt_tokens: value },
      { input_tokens: value },
      { prompt_tokens_details: { cached_tokens: value } },
      { prompt_cache_hit_tokens: value },
      { cache_creation_input_tokens: value },
      { output_tokens: value },
    ];
    for (const field of fields) {
      const told = {
        prompt_tokens: 900,
        completion_tokens: 2,
        prompt_tokens_details: { cached_tokens: 768 },
        ...field,
      };
      const { doubt, ...tokens } = readTokens(told as JsonObject, null, true);
      expect(tokens).toMatchObject({ prompt_tokens: null, cached_tokens: null, cached_tokens_source: null });
      expect(doubt).toMatch(/^The server reports .* as usage\.\w+(\.\w+)?: its counts are ignored\.$/);
    }
    const { doubt } = readTokens({ prompt_tokens: 900 }, { cache_n: value }, true);
    expect(doubt).toContain("as timings.cache_n");
  });

  it.each<[usage: JsonObject, timings: JsonObject | null, where: string]>([
    [{ prompt_tokens: 104_001 }, null, "usage.prompt_tokens"],
    [{ input_tokens: 200_000 }, null, "usage.input_tokens"],
    [{ prompt_tokens: 900, cache_read_input_tokens: 1e7 }, null, "usage.cache_read_input_tokens"],
    [{ prompt_tokens: 1e7, prompt_tokens_details: { cached_tokens: 900 } }, null, "usage.prompt_tokens"],
    [{}, { cache_n: 1e7 }, "timings.cache_n"],
  ])("is not believed where a request of 4,000 bytes had %j, %j", (usage, timings, where) => {
    const { doubt, ...tokens } = readTokens({ completion_tokens: 2, ...usage }, timings, true, 4_000);
    expect(tokens).toMatchObject({ prompt_tokens: null, output_tokens: 2, cached_tokens: null });
    expect(doubt).toMatch(
      new RegExp(
        `^The server reports \\d+ as ${where} for a request of 4000 bytes: its counts are ignored\\.$`,
      ),
    );
  });

  it("is believed where a server may have added words of its own", () => {
    const usage = { prompt_tokens: 30_000, prompt_tokens_details: { cached_tokens: 28_000 } };
    expect(readTokens(usage, null, true, 4_000)).toMatchObject({
      prompt_tokens: 30_000,
      cached_tokens: 28_000,
      doubt: null,
    });
  });

  it("is found in the chunk, in a choice (Moonshot) and in x_groq", () => {
    expect(usageReports({ usage: null, x_groq: { usage: { a: 1 } } }, [{ usage: { b: 2 } }])).toEqual([
      { a: 1 },
      { b: 2 },
    ]);
    expect(usageReports({ usage: { c: 3 }, x_groq: "x" }, [{ usage: [] }])).toEqual([{ c: 3 }]);
  });

  it("never gives a number that is no count of tokens, nor forgets one that was told", () => {
    const value = fc.oneof(fc.constantFrom(null, 0, -1, 1.5, "7", 1e308, {}, [], true), fc.nat());
    const report = fc.record(
      {
        prompt_tokens: value,
        completion_tokens: value,
        cached_tokens: value,
        prompt_tokens_details: fc.oneof(value, fc.record({ cached_tokens: value })),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(report, { maxLength: 5 }), (reports) => {
        const { doubt, cached_tokens_source, ...tokens } = read(...(reports as readonly JsonObject[]));
        for (const count of Object.values(tokens))
          expect(count === null || (Number.isSafeInteger(count) && count >= 0)).toBe(true);
        const told = reports.some(
          ({ prompt_tokens: n }) => typeof n === "number" && Number.isSafeInteger(n) && n > 0,
        );
        expect(tokens.prompt_tokens !== null).toBe(told && doubt === null);
        if (tokens.prompt_tokens !== null && tokens.cached_tokens !== null)
          expect(tokens.cached_tokens).toBeLessThanOrEqual(tokens.prompt_tokens);
      }),
    );
  });
});
