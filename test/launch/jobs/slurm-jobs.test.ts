import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bashLine } from "../../../src/launch/jobs/slurm-jobs.js";
import { runs } from "../../support/runs.js";

/** What bash makes of a line of words. */
const readBack = (line: string): string[] => {
  const { stdout } = spawnSync("bash", ["-s"], { input: `printf '%s\\0' ${line}\n`, encoding: "utf8" });
  return stdout.split("\0").slice(0, -1);
};

/** No argument of a process holds a zero. */
const word = fc.oneof(
  fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", "")),
  fc.string({ unit: fc.constantFrom("'", '"', "\\", "$", "(", ")", "`", "\n", "\t", " ", "~", "!", "a") }),
);

describe("a line for bash", () => {
  it("is read back as the words it was made of", () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 40 }), (words) => {
        expect(readBack(bashLine(words))).toEqual(words);
      }),
      { numRuns: runs(10, 25) },
    );
  });

  it("is one line, in which nothing acts on a terminal", () => {
    fc.assert(
      fc.property(word, (text) => {
        expect(bashLine([text])).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
