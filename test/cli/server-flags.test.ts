import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addRequestFlags } from "../../src/cli/flags/server-flags.js";
import { OptionError } from "../../src/domain/errors/errors.js";

const parse = (...argv: readonly string[]) =>
  addRequestFlags(new Command().exitOverride())
    .parse([...argv], { from: "user" })
    .opts();

describe("--header and --body", () => {
  it("are read, headers as often as they stand", () => {
    expect(parse("--header", "X-Api-Key: a:b", "--header", "x-team:  red ", "--header", "X-Empty:")).toEqual({
      header: { "X-Api-Key": "a:b", "x-team": "red", "X-Empty": "" },
    });
    expect(parse("--body", '{"top_k": 1, "stop": ["a"], "temperature": null}')).toEqual({
      body: { top_k: 1, stop: ["a"], temperature: undefined },
    });
  });

  it.each([
    "X-Api-Key sk-hunter2-hunter2",
    "sk-hunter2-hunter2",
    ": sk-hunter2",
    "x y: sk-hunter2",
    "",
  ])("refuse a header without a name and a colon, and do not show it (%s)", (header) => {
    expect(() => parse("--header", header)).toThrow(OptionError);
    expect(() => parse("--header", header)).toThrow(
      /^--header must be "Name: value"; received "\[not shown\]"\.$/,
    );
  });

  it.each([
    "",
    "sk-hunter2",
    "[1]",
    "null",
    '"a"',
    "{",
    "7",
  ])("refuse a body that is not a JSON object (%s)", (body) => {
    expect(() => parse("--body", body)).toThrow(/^--body must be a JSON object/);
    expect(() => parse("--body", body)).not.toThrow(/hunter2/);
  });
});
