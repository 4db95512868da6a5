import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitCommand } from "../../src/proxies/proxy-command.js";
import { runs } from "../support/runs.js";

describe("splitting a command", () => {
  // Expected values: what `printf '%s\n' …` prints in a POSIX shell.
  it.each([
    ["uv run litellm", ["uv", "run", "litellm"]],
    ["  a\t b \n c ", ["a", "b", "c"]],
    [`"a b" 'c d'`, ["a b", "c d"]],
    [`a"b c"'d e'f`, ["ab cd ef"]],
    [`a\\ b "c\\"d" 'e\\f'`, ["a b", 'c"d', "e\\f"]],
    [`"" ''`, ["", ""]],
    [`"a\\nb"`, ["a\\nb"]],
    ["$HOME *", ["$HOME", "*"]],
  ])("takes %j apart", (command, words) => {
    expect(splitCommand(command)).toEqual(words);
  });

  it("agrees with sh on quoted words of any kind", () => {
    const word = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !text.includes("\0"));
    const single = word.map((text) => `'${text.replaceAll("'", `'\\''`)}'`);
    const double = word.map((text) => `"${text.replace(/["\\$`]/g, "\\$&")}"`);
    const words = fc.array(fc.oneof(single, double), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(words, (quoted) => {
        const command = quoted.join(" ");
        const { stdout } = spawnSync("sh", ["-c", `printf '%s\\0' ${command}`], { encoding: "utf8" });
        expect(splitCommand(command)).toEqual(stdout.split("\0").slice(0, -1));
      }),
      { numRuns: runs(10, 40) },
    );
  });

  it.each([`uv "run`, "uv 'run", "uv \\"])("refuses %j, which is not closed", (command) => {
    expect(() => splitCommand(command)).toThrow(/proxyCommand must close what ["'\\] opens/);
  });

  it.each(["", "  "])("refuses %j, which names no program", (command) => {
    expect(() => splitCommand(command)).toThrow("proxyCommand must name a program");
  });
});
