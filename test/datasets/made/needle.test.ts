import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadDataset } from "../../../src/datasets/load-dataset.js";
import { haystack, needleExamples } from "../../../src/datasets/made/needle.js";

const text = haystack();
const whole = (passages: readonly { readonly text: string }[]) => passages.map((one) => one.text).join("\n");

describe("needleExamples", () => {
  it("hides each answer once, at its depth, in about as much text as was asked for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 12_000 }),
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 1, max: 6 }),
        fc.nat(),
        (tokens, depth, needles, seed) => {
          const [example] = needleExamples(
            { count: 1, seed, contextTokens: [tokens], depths: [depth], needles },
            text,
          );
          const context = whole(example!.passages);
          const [code] = example!.references;
          expect(context.split(code!)).toHaveLength(2);
          expect(context.match(/The access code of the \w+ archive is \d{7}\./g)).toHaveLength(needles);
          const archive = /the (\w+) archive/.exec(example!.input)![1]!;
          expect(context).toContain(`The access code of the ${archive} archive is ${code}.`);
          // Within a line of the text and the blank lines that chunks lose.
          expect(Math.abs(context.length - tokens * 4)).toBeLessThan(200 + example!.passages.length * 4);
          const at = (context.indexOf(code!) / context.length) * 100;
          expect(Math.abs(at - depth)).toBeLessThan((100 * (200 + 60 * needles)) / (tokens * 4));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("lets lengths and depths take turns, all of them in as many examples", () => {
    const examples = needleExamples({ count: 6, contextTokens: [400, 800], depths: [0, 50, 100] }, text);
    expect(examples.map(({ example_id }) => example_id)).toEqual([
      "needle-400-0-0-1",
      "needle-800-0-0-2",
      "needle-400-50-0-3",
      "needle-800-50-0-4",
      "needle-400-100-0-5",
      "needle-800-100-0-6",
    ]);
  });

  it("gives the same example for a seed and a place, whatever the count, and another for another seed", () => {
    const make = (count: number, seed: number) => needleExamples({ count, seed }, text);
    expect(make(3, 1)).toEqual(make(20, 1).slice(0, 3));
    expect(make(1, 1)[0]!.references).not.toEqual(make(1, 2)[0]!.references);
    expect(make(2, 1)[0]!.passages[0]!.text.slice(0, 80)).not.toBe(
      make(2, 1)[1]!.passages[0]!.text.slice(0, 80),
    );
  });

  it("cuts the text into chunks of at most 512 tokens", () => {
    const [example] = needleExamples({ count: 1, contextTokens: [4_000] }, text);
    expect(example!.passages.length).toBeGreaterThanOrEqual(8);
    for (const passage of example!.passages) expect(passage.text.length).toBeLessThanOrEqual(512 * 4);
  });

  it("is scored by exact match, of what load gives", async () => {
    const [example] = await loadDataset("needle", {
      samples: 1,
      needle: { contextTokens: [300], needles: 2 },
    });
    expect(example).toMatchObject({ dataset: "needle", task: "needle" });
  });

  it.each([
    [{ contextTokens: [100] }, "contextTokens"],
    [{ contextTokens: [] }, "contextTokens"],
    [{ depths: [101] }, "depths"],
    [{ needles: 0 }, "needles"],
    [{ needles: 32, contextTokens: [300] }, "needles"],
  ])("refuses %j", async (needle, option) => {
    await expect(loadDataset("needle", { needle })).rejects.toThrow(option);
  });
});
