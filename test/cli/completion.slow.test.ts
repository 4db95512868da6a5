import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
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
const linesOf = (shell: string, args: readonly string[], input = ""): string[] =>
  execFileSync(shell, args, { encoding: "utf8", input, stdio: ["pipe", "pipe", "ignore"] })
    .split("\n")
    .filter((word) => word !== "");
const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(" ");
/** What bash offers for the last word. */
const offeredInBash = (script: string, words: readonly string[]): string[] => {
  const typed = quoted(["firsttoken", ...words]);
  const ask = `COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _firsttoken; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return linesOf("bash", ["--norc", "-c", `${script}\n${ask}`]);
};
/** The same in zsh, which looks for the beginning by itself. */
const offeredInZsh = (zsh: string, words: readonly string[]): string[] => {
  const asked = `words=(${quoted(["firsttoken", ...words])}); CURRENT=${words.length + 1}`;
  const inside = 'compdef() {}; compset() {}; _files() {}; compadd() { shift; print -l -- "$@" }';
  const last = words.at(-1)!.replace(/^--[^=]+=/, "");
  return linesOf("zsh", ["-f"], `${inside}\n${zsh}\n${asked}\n_firsttoken\n`).filter((word) =>
    word.startsWith(last),
  );
};
const offeredInFish = (fish: string, words: readonly string[]): string[] =>
  linesOf("fish", [
    "--no-config",
    "-c",
    `${fish}\ncomplete -C ${quoted([["firsttoken", ...words].join(" ")])}`,
  ]);
const isHere = (shell: string) => spawnSync(shell, ["--version"]).error === undefined;

/** What is typed, and what every shell offers for it. */
const CASES: readonly (readonly [readonly string[], readonly string[]])[] = [
  [["qu"], ["quality"]],
  [["datasets", "fe"], ["fetch"]],
  [["quality", "--wor"], ["--wording"]],
  [
    ["quality", "--wording", ""],
    ["bare", "cacheblend", "longbench", "plain"],
  ],
  [["quality", "--wording", "lo"], ["longbench"]],
  [["quality", "--prompt-format", "ch"], ["chat"]],
  [["quality", "--idle-t"], ["--idle-timeout-seconds"]],
  [["quality", "--idle_t"], ["--idle_timeout_seconds"]],
  [["proxy", "--proxy-c"], ["--proxy-command"]],
  [["proxy", "--proxy_c"], ["--proxy_command"]],
  [["report", "--skip"], ["--skip_bad_lines"]],
];

describe.each(["bash", "zsh", "fish"] as const)("completion in %s itself", (shell) => {
  it.skipIf(!isHere(shell)).each(CASES)("offers for %j the words %j", async (typed, words) => {
    const { text } = await outputOf("completion", shell);
    const found = {
      bash: () => offeredInBash(text, typed),
      zsh: () => offeredInZsh(text, typed),
      fish: () => offeredInFish(text, typed),
    }[shell]();
    expect(found.sort()).toEqual(words);
  });

  it.skipIf(!isHere(shell))("completes a value behind its flag's equals sign", async () => {
    const { text } = await outputOf("completion", shell);
    const found = {
      bash: () => offeredInBash(text, ["quality", "--wording", "=", "lo"]),
      zsh: () => offeredInZsh(text, ["quality", "--wording=lo"]),
      fish: () => offeredInFish(text, ["quality", "--wording=lo"]),
    }[shell]();
    expect(found).toEqual([shell === "fish" ? "--wording=longbench" : "longbench"]);
  });
});
