import { describe, expect, it } from "vitest";
import { flagOf, inFlags as optionErrorInFlags } from "../../../src/cli/flags/in-flags.js";
import {
  FirstTokenError,
  inFlags,
  inOptions,
  messageInFlags,
  OptionError,
} from "../../../src/domain/errors/errors.js";
import { allFlags } from "../../cli/all-flags.js";
import { sourceTexts } from "../../support/source-texts.js";

const CASES: readonly (readonly [string, library: string, commandLine: string])[] = [
  ["Continue with --resume (resume: true).", "Continue with resume: true.", "Continue with --resume."],
  [
    'Count it with --first_token any (firstToken: "any").',
    'Count it with firstToken: "any".',
    "Count it with --first_token any.",
  ],
  [
    "Use --workload document_pool or rag (documentPool), or none.",
    "Use `documentPool`, or none.",
    "Use --workload document_pool or rag, or none.",
  ],
  [
    "It was silent (--idle_timeout_seconds, idleTimeoutSeconds).",
    "It was silent (idleTimeoutSeconds).",
    "It was silent (--idle_timeout_seconds).",
  ],
  [
    "Say so (--lmcache, { chunks: methods.lmcache() }).",
    "Say so ({ chunks: methods.lmcache() }).",
    "Say so (--lmcache).",
  ],
  [
    "vLLM has --enable-prompt-tokens-details (since 0.8).",
    "vLLM has --enable-prompt-tokens-details (since 0.8).",
    "vLLM has --enable-prompt-tokens-details (since 0.8).",
  ],
];

describe("a message with a flag and an option", () => {
  it.each(CASES)("is said in the words of the place: %s", (text, library, commandLine) => {
    expect(inOptions(text)).toBe(library);
    expect(inFlags(text)).toBe(commandLine);
  });

  it("names the option in an error, and the flag where the command line prints it", () => {
    const error = new FirstTokenError("It exists: continue with --resume (resume: true).");
    expect(error.message).toBe("It exists: continue with resume: true.");
    expect(messageInFlags(error)).toBe("It exists: continue with --resume.");
  });

  it("does so in the rule of an option, whose name is a flag too", () => {
    const error = new OptionError("ratesPerSecond", "can't be kept: give --concurrency (concurrency)", 1);
    expect(error.message).toBe("ratesPerSecond can't be kept: give `concurrency`; received 1.");
    const known = new Set(["--rates", "--concurrency"]);
    expect(optionErrorInFlags(error, flagOf(known)).message).toBe(
      "--rates can't be kept: give --concurrency; received 1.",
    );
  });
});

/** Files whose texts only the command line shows, or that print commands of this and other programs. */
const COMMAND_LINE_ONLY =
  /^(cli|launch|jupyter|proxies)\/|^domain\/records\/(gate|objectives)\.ts|^report\/gates\/planned-gates\.ts|^experiments\/ttft\/flush\.ts/;

/** Whole commands have flags wherever they are named. */
const withoutCommands = (text: string): string => text.replace(/firsttoken [a-z]+( --[\w-]+( \w+)?)*/g, "");

describe("the library's texts", () => {
  it("name no flag of this package without its option", async () => {
    const ours = new Set((await allFlags()).map(({ option }) => option.long!.slice(2).replaceAll("-", "_")));
    const alone = sourceTexts()
      .filter(({ file }) => !COMMAND_LINE_ONLY.test(file))
      .flatMap(({ file, text }) =>
        [...inOptions(withoutCommands(text.replaceAll('\\"', '"'))).matchAll(/(?<![\w-])--([a-z][\w-]+)/g)]
          .map(([, name]) => name!.replaceAll("-", "_"))
          .filter((name) => ours.has(name))
          .map((name) => `${file}: --${name}`),
      );
    expect(alone).toEqual([]);
  });
});
