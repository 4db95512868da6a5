import { execFileSync, spawnSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { main } from "../../src/cli/program.js";

const outputOf = async (...words: string[]) => {
  let text = "";
  const write = (more: string): boolean => {
    text += more;
    return true;
  };
  const stream = { write, isTTY: false, columns: 80 };
  const code = await main(words, { out: stream, err: stream } as never);
  return { code, text };
};
let script: string;
const linesOf = (shell: string, args: readonly string[], input = ""): string[] =>
  execFileSync(shell, args, { encoding: "utf8", input, stdio: ["pipe", "pipe", "ignore"] })
    .split("\n")
    .filter((word) => word !== "");
const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(" ");
/** What bash offers for the last word. */
const offered = (...words: string[]): string[] => {
  const typed = quoted(["firsttoken", ...words]);
  const ask = `COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _firsttoken; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return linesOf("bash", ["--norc", "-c", `${script}\n${ask}`]);
};
beforeAll(async () => {
  const { code, text } = await outputOf("completion", "bash");
  expect(code).toBe(0);
  script = text;
});

describe("completion in bash", () => {
  it("offers commands, and those below them", () => {
    expect(offered("")).toEqual(expect.arrayContaining(["ttft", "quality", "completion", "--version"]));
    expect(offered("qu")).toEqual(["quality"]);
    expect(offered("datasets", "")).toContain("fetch");
    expect(offered("models", "fe")).toEqual(["fetch"]);
  });

  it("offers the flags of the command that was typed, and the words that a flag takes", () => {
    expect(offered("quality", "--samples", "3", "--wor")).toEqual(["--wording"]);
    expect(offered("quality", "--wording", "")).toEqual(["plain", "longbench", "cacheblend", "bare"]);
    expect(offered("quality", "--wording", "long")).toEqual(["longbench"]);
    expect(offered("models", "fetch", "--mir")).toEqual(["--mirror"]);
    expect(offered("completion", "")).toEqual(expect.arrayContaining(["bash", "zsh"]));
  });

  it("offers nothing of its own where any value may follow, so that the shell offers files", () => {
    expect(offered("quality", "--out", "")).toEqual([]);
    expect(offered("quality", "--dataset", "")).toEqual([]);
  });
});

it("bash offers every value behind an equals sign, and paths where a command takes some", () => {
  expect(offered("quality", "--wording", "=")).toEqual(["plain", "longbench", "cacheblend", "bare"]);
  expect(offered("report", "")).toEqual([]);
  expect(offered("convert", "results/")).toEqual([]);
});

describe("completion in zsh", () => {
  it("is a script that zsh can read, where there is a zsh", async () => {
    const { text } = await outputOf("completion", "zsh");
    expect(text).toMatch(/compdef _firsttoken firsttoken\n$/);
    const { error, status } = spawnSync("zsh", ["-n"], { input: text });
    if (error === undefined) expect(status).toBe(0);
  });

  it("shares with bash what it offers", async () => {
    const choices = (text: string) => text.split("\n").filter((line) => line.includes("found="));
    const { text } = await outputOf("completion", "zsh");
    expect(choices(text).slice(1)).toEqual(choices(script).slice(1));
  });
});

it("a script for fish offers the words of the one for bash", async () => {
  const { text } = await outputOf("completion", "fish");
  const words = script.split("\n").flatMap((line) => /found="([^"$]+)"/.exec(line)?.[1] ?? []);
  expect(words.length).toBeGreaterThan(20);
  for (const some of words) expect(text).toContain(`set found ${some}\n`);
});

it("another shell is refused with those there are", async () => {
  const { code, text } = await outputOf("completion", "tcsh");
  expect(code).toBe(2);
  expect(text).toMatch(/bash, zsh, fish/);
});

it("-v prints the version", async () => {
  const { code, text } = await outputOf("-v");
  expect(code).toBe(0);
  expect(text).toMatch(/^\d+\.\d+\.\d+\n$/);
});
