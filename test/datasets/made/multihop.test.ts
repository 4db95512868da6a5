import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type MultihopShape, multihopExamples } from "../../../src/datasets/made/multihop.js";
import type { Example } from "../../../src/domain/records/example.js";

// The vocabulary the tiny model was trained with, exported with its weights.
const vocabulary = new Set(
  JSON.parse(
    readFileSync(new URL("../../fixtures/datasets/tiny-vocabulary.json", import.meta.url), "utf8"),
  ) as string[],
);

const make = (shape: MultihopShape, count = 50, seed = 7) => multihopExamples({ count, seed, ...shape });
const texts = (example: Example) => example.passages.map(({ text }) => text);
const tokens = (example: Example) => texts(example).join(" ").split(" ").length;

/** Answers as the language defines it: a pronoun is the person whose name stands nearest before it. */
function solve({ passages, input }: Example): { value: string; crosses: boolean } | null {
  const [, first, last, asks] = input.split(" ");
  const tells = {
    born: "was born in",
    works: "works as",
    plays: "plays the",
    owns: "owns a",
    speaks: "speaks",
  }[asks!];
  let subject = "";
  for (const { text } of passages) {
    for (const sentence of text.replace(/^## /, "").split(/ \.(?: |$)/)) {
      subject = /^([mf]\d+ last\d+) /.exec(sentence)?.[1] ?? subject;
      const fact = new RegExp(`^(${subject}|he|she) ${tells} (.+)$`).exec(sentence);
      if (fact !== null && subject === `${first} ${last}`)
        return { value: fact[2]!, crosses: fact[1] !== subject };
    }
  }
  return null;
}

describe("multihopExamples", () => {
  it("uses no word that is not one token of the tiny model", () => {
    const words = make({ documents: 8, fillers: 4, crossChunk: "both" }, 100).flatMap((example) =>
      [...texts(example), `question : ${example.input} answer :`, ...example.references].join(" ").split(" "),
    );
    expect(words.filter((word) => !vocabulary.has(word))).toEqual([]);
    // All kinds of words come up: 319 less <pad>, <bos> and <eos>.
    expect(new Set(words).size).toBe(vocabulary.size - 3);
  });

  it("asks what the chunks answer, and only across chunks unless told otherwise", () => {
    for (const [crossChunk, crosses] of [
      [true, () => true],
      [false, () => false],
      ["both", (index: number) => index % 2 === 0],
    ] as const) {
      for (const [index, example] of make({ crossChunk }).entries()) {
        expect(solve(example)).toEqual({ value: example.references[0], crosses: crosses(index) });
      }
    }
  });

  it("gives every document two chunks that begin with the mark, and every person a name that no other has", () => {
    for (const example of make({ documents: 32 }, 5)) {
      expect(texts(example)).toHaveLength(64);
      expect(texts(example).every((text) => text.startsWith("## ") && text.endsWith(" ."))).toBe(true);
      const names = texts(example)
        .filter((_, index) => index % 2 === 0)
        .map((text) => text.split(" ").slice(1, 3));
      expect(new Set(names.map(([first]) => first)).size).toBe(32);
      expect(new Set(names.map(([, last]) => last)).size).toBe(32);
      const pronouns = texts(example).filter((_, index) => index % 2 === 1);
      for (const [index, text] of pronouns.entries()) {
        expect(text.split(" ").includes(names[index]![0]!.startsWith("m") ? "he" : "she")).toBe(true);
        expect(text.split(" ").includes(names[index]![0]!.startsWith("m") ? "she" : "he")).toBe(false);
      }
    }
  });

  it("tells the same kinds of facts of everybody, so that kind alone gives no answer away", () => {
    for (const example of make({}, 20)) {
      const kinds = (text: string) => text.match(/born|works|plays|owns|speaks/g) ?? [];
      const people = [0, 2, 4].map((at) => [
        ...kinds(texts(example)[at]!),
        ...kinds(texts(example)[at + 1]!),
      ]);
      expect(people.map((facts) => facts.toSorted())).toEqual(Array(3).fill(people[0]!.toSorted()));
      expect(new Set(people[0]).size).toBe(3);
    }
  });

  it("counts fillers: so many in the first chunk, one more in the second", () => {
    const fillers = (text: string) => text.match(/(?:^## |\. )(the|in) /g)?.length ?? 0;
    for (const example of make({ documents: 4, fillers: 3 }, 10)) {
      expect(texts(example).map(fillers)).toEqual([3, 4, 3, 4, 3, 4, 3, 4]);
    }
  });

  it.each([
    [63, {}, 3],
    [100, {}, 3],
    [512, {}, 4],
    [2048, {}, 16],
    [8000, {}, 24],
    [2048, { documents: 5 }, 5],
  ])("meets %i tokens of context to within half a sentence, %o", (contextTokens, shape, documents) => {
    for (const example of make({ contextTokens, ...shape }, 5)) {
      expect(Math.abs(tokens(example) - contextTokens)).toBeLessThanOrEqual(5);
      expect(example.passages).toHaveLength(2 * documents);
      const lengths = texts(example).map((text) => text.split(" ").length);
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThan(60);
    }
  });

  it("gives the same examples for a seed, whatever the count, and others for another", () => {
    expect(make({}, 3)).toEqual(make({}, 10).slice(0, 3));
    expect(make({}, 3, 8)).not.toEqual(make({}, 3));
    expect(multihopExamples({ count: 1, seed: 7 })[0]?.passages[0]?.text).toBe(
      multihopExamples({ count: 1, seed: "7" })[0]?.passages[0]?.text,
    );
    expect(new Set(make({}, 50).map(({ example_id }) => example_id)).size).toBe(50);
  });

  it("spreads the asked document and fact evenly", () => {
    const examples = make({ documents: 4 }, 800);
    const asked = examples.map((example) => {
      const name = example.input.split(" ").slice(1, 3).join(" ");
      return texts(example).findIndex((text) => text.startsWith(`## ${name} `)) / 2;
    });
    // Each is binomial(800, 1/4): 200 ± 12.2; four standard deviations.
    for (const document of [0, 1, 2, 3]) {
      expect(Math.abs(asked.filter((one) => one === document).length - 200)).toBeLessThan(49);
    }
  });

  it.each([
    [{ documents: 33 }, "documents must be at most 32; received 33"],
    [{ documents: 1 }, "documents must be at least 2"],
    [{ fillers: -1 }, "fillers must be at least 0"],
    [{ contextTokens: 40 }, "contextTokens must be at least 63 for 3 documents; received 40"],
    [{ contextTokens: 500, fillers: 2 }, "fillers can't be combined with contextTokens"],
    [{ crossChunk: "yes" }, 'crossChunk must be true, false or "both"'],
    [{ count: 0 }, "count must be at least 1"],
    [{ filler: 1 }, "option filler is not known here"],
  ])("refuses %o", (shape, message) => {
    expect(() => make(shape as MultihopShape)).toThrow(message);
  });
});
