import type { Command } from "commander";
import { beforeAll, describe, expect, it } from "vitest";
import { hideGiven } from "../../src/cli/flags/hide-given.js";
import { program } from "../../src/cli/program.js";
import { consoleOf } from "../../src/cli/screen/console.js";

const WIDTH = 80;

interface Page {
  readonly command: string;
  readonly text: string;
}

let pages: readonly Page[];
beforeAll(async () => {
  const nowhere = { write: () => true };
  pages = pagesBelow(await program([], consoleOf(nowhere, nowhere), hideGiven([])), "");
});

function pagesBelow(command: Command, above: string): Page[] {
  const name = `${above}${command.name()}`;
  let text = "";
  command.configureOutput({
    getOutHelpWidth: () => WIDTH,
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return [{ command: name, text }, ...command.commands.flatMap((below) => pagesBelow(below, `${name} `))];
}

describe("help", () => {
  it("is there for every command and those below it", () => {
    expect(pages.length).toBeGreaterThan(22);
    expect(pages.map(({ command }) => command)).toContain("firsttoken launch slurm");
  });

  it("has no line wider than a terminal of 80 columns", () => {
    const wide = pages.flatMap(({ command, text }) =>
      text
        .split("\n")
        .filter((line) => line.length > WIDTH)
        .map((line) => `${command}: ${line}`),
    );
    expect(wide).toEqual([]);
  });

  it("has an example in every command", () => {
    expect(pages.filter(({ text }) => !/^Examples?:$/m.test(text)).map(({ command }) => command)).toEqual([]);
  });

  it("shows examples that the command line takes, on this machine's ports or at addresses", () => {
    const examples = pages.flatMap(({ text }) => text.split(/^Examples?:$/m)[1]?.split("\n") ?? []);
    const commands = new Set(pages.map(({ command }) => command.split(" ")[1]));
    const named = examples.flatMap((line) => /^ +(?:.*-- )?firsttoken ([a-z]+)/.exec(line)?.[1] ?? []);
    expect(named.length).toBeGreaterThan(25);
    expect(named.filter((name) => !commands.has(name))).toEqual([]);
  });
});
