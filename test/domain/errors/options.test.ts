import { describe, expect, it } from "vitest";
import { z } from "zod";
import * as workloads from "../../../src/api/workloads.js";
import { checkOptions, mapOf } from "../../../src/domain/errors/options.js";

const messageOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing was refused";
};

/** What zod itself would say. */
const ZODS_WORDS = /Invalid|expected|Unrecognized|Too (small|big)/;

describe("options without a rule of their own", () => {
  it.each([
    [
      "no options",
      z.strictObject({ a: z.number() }),
      undefined,
      "options must be an object of options; received undefined.",
    ],
    ["a missing number", z.strictObject({ a: z.number() }), {}, "a must be a number; received undefined."],
    [
      "a text for a list",
      z.strictObject({ a: z.array(z.string()) }),
      { a: "x" },
      'a must be a list; received "x".',
    ],
    ["a number for a text", z.strictObject({ a: z.string() }), { a: 1 }, "a must be a text; received 1."],
    [
      "a text for a flag",
      z.strictObject({ a: z.boolean() }),
      { a: "y" },
      'a must be true or false; received "y".',
    ],
    [
      "another word",
      z.strictObject({ a: z.enum(["b", "c"]) }),
      { a: "d" },
      'a must be one of b, c; received "d".',
    ],
    [
      "a value of a map",
      z.strictObject({ a: mapOf(z.number(), "must be a map") }),
      { a: { b: "x" } },
      'a.b must be a number; received "x".',
    ],
  ])("are refused in our words: %s", (_, schema, options, message) => {
    expect(messageOf(() => checkOptions(schema as never, options))).toBe(message);
  });

  it("speak so of every workload", () => {
    for (const make of [
      workloads.unique,
      workloads.sharedPrefix,
      workloads.documentPool,
      workloads.rag,
      workloads.sessions,
    ]) {
      for (const options of [
        undefined,
        null,
        5,
        "x",
        [],
        {},
        { turns: "x" },
        { documents: null, tokens: {} },
      ]) {
        const message = messageOf(() => (make as (options: unknown) => unknown)(options));
        expect(message).not.toMatch(ZODS_WORDS);
      }
    }
    expect(messageOf(() => (workloads.unique as (options?: unknown) => unknown)())).toBe(
      "options must be an object of options; received undefined.",
    );
  });
});
