import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { group } from "d3-array";
import { beforeAll, describe, expect, it } from "vitest";
import { firsttokenHere } from "../support/cli-here.js";
import { allFlags, byName, type FlagOfCommand, parts, takes } from "./all-flags.js";
import { flagPage } from "./flag-page.js";

/** Where a flag's value, parser or sentence differs between commands, and why. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  api_key: "proxy's is the proxy's own, beside the provider's key",
  arrivals: "proxy's script has no gamma arrivals, and no --burstiness",
  concurrency: "quality measures one level, load and proxy a list of them",
  fail_if: "each command has numbers of its own to judge",
  max_model_len: "the engine has limits of its own; launch prints a command for any server",
  model: "a server is asked for a model by its id, serve and launch start one from its files",
  out: "report and convert write a page and a file, and no log",
  port: "a printed command can't take a free port",
  threads: "the client may send from the main thread; the engine computes with one thread at least",
};

/** Values by which two parsers can be told apart. */
const VALUES = [
  ...["", " ", "x", "a b", "-1", "0", "0.5", "1", "2", "20", "64", "100", "8000", "65535", "70000", "1e12"],
  ...["1,2", "1,x", "v", "content", "poisson", "gamma", "http://host/v1", "ftp://host", "a=b", "429=0.1"],
  ...["Name: value", '{"a":1}', "0/2", "ttft=1", "itl", "50,95", "1:8:60", "full", "answer", "localhost"],
];

let flags: readonly FlagOfCommand[];
beforeAll(async () => {
  flags = await allFlags();
});

/** What a flag makes of each value, or what it says of it. */
const read = ({ option }: FlagOfCommand): string =>
  VALUES.map((value) => {
    try {
      return JSON.stringify(option.parseArg?.(value, undefined as never) ?? value);
    } catch (error) {
      return (error as Error).message;
    }
  }).join("\n");

describe("one vocabulary of flags", () => {
  it("holds every flag of every command", () => {
    expect(flags.length).toBeGreaterThan(250);
    expect(new Set(flags.map(({ command }) => command)).size).toBeGreaterThan(15);
  });

  it("gives a flag the same value, parser and sentence in every command, but for the listed reasons", () => {
    const different = byName(flags).filter(([, here]) =>
      [
        (flag: FlagOfCommand) => takes(flag.option),
        (flag: FlagOfCommand) => parts(flag.option).says,
        (flag: FlagOfCommand) => flag.option.argChoices?.join() ?? "",
        read,
      ].some((of) => new Set(here.map(of)).size > 1),
    );
    expect(different.map(([name]) => name)).toEqual(Object.keys(DIFFERENCES));
  });

  it("has one name for each meaning", () => {
    // LiteLLM's script calls it so.
    const ours = flags.filter(({ name }) => name !== "warmup");
    const says = byName(ours).map(([name, [first]]) => [parts(first!.option).says, name] as const);
    const twice = [...group(says, ([text]) => text)].filter(([, names]) => names.length > 1);
    expect(twice).toEqual([]);
  });

  it("takes a list where the name is in the plural, and names no flag in two spellings", () => {
    for (const { name, option } of flags)
      if (/(rates|sizes|lengths|depths|ratios|selectors|methods|percentiles|times)$/.test(name))
        expect(takes(option), name).toBe("<list>");
    for (const [name, here] of byName(flags)) {
      const inOne = group(here, ({ command }) => command);
      expect(
        [...inOne.values()].filter((same) => same.length > 1),
        name,
      ).toEqual([]);
    }
  });

  it("is the page docs/flags.md (UPDATE_PAGES=1 writes it)", () => {
    const path = fileURLToPath(new URL("../../docs/flags.md", import.meta.url));
    const page = flagPage(flags);
    if (process.env.UPDATE_PAGES === "1") writeFileSync(path, page);
    else expect(readFileSync(path, "utf8")).toBe(page);
  });
});

describe("other spellings of a flag", () => {
  it("are told of in the program's help", async () => {
    const { code, stdout } = await firsttokenHere(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("--max_tokens is --max-tokens");
  });

  it("are understood for every flag of every command, with dashes and with underscores", async () => {
    for (const { name, command, option } of flags) {
      if (option.negate || takes(option) === "" || !name.includes("_")) continue;
      for (const spelt of [name, name.replaceAll("_", "-")]) {
        const { stderr } = await firsttokenHere([...command.split(" "), `--${spelt}`]);
        expect(stderr, `${command} --${spelt}`).not.toContain("unknown option");
      }
    }
  });

  it.each([
    [["ttft", "--max", "8"], "--max"],
    [["quality", "--sam", "3"], "--sam"],
    [["load", "--rat", "3"], "--rat"],
  ])("that shorten it are refused: %j", async (argv, given) => {
    const { code, stderr } = await firsttokenHere(argv);
    expect(code).toBe(2);
    expect(stderr).toContain(`unknown option '${given}'`);
  });
});
