import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commandLine, commandSecrets, shellWords } from "../../../src/domain/secrets/command-line.js";

describe("a command line", () => {
  it("is what a shell splits into the same words", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 })), (more) => {
        const words = ["firsttoken", ...more.filter((word) => !/[:=]|^-|@/.test(word))];
        expect(shellWords(commandLine(words, {}))).toEqual(words);
      }),
    );
  });

  it.each<[words: string[], line: string]>([
    [["--api_key", "plain"], "--api_key [redacted]"],
    [["--api-key", "-starts-with-a-dash"], "--api-key [redacted]"],
    [["--api_key=plain"], "--api_key=[redacted]"],
    [["--api_key", "@key.txt"], "--api_key @key.txt"],
    [["--header", "Authorization: Bearer tok-123456"], "--header 'Authorization: Bearer [redacted]'"],
    [["--url", "http://me:pass-word-1@host/v1"], "--url http://host/v1"],
    [
      ["--proxy-command", "env OPENAI_API_KEY=orchid-9131 litellm"],
      "--proxy-command 'env OPENAI_API_KEY=[redacted] litellm'",
    ],
    [["ttft", "sk-0123456789abcdef"], "ttft [redacted]"],
    [["--max_tokens", "32", "--first_token", "any"], "--max_tokens 32 --first_token any"],
  ])("of %j is %s", (words, line) => {
    expect(commandLine(words, {})).toBe(line);
  });

  it("has no key that the environment holds, wherever it was typed, and keeps the current folder", () => {
    const environment = { FIRSTTOKEN_API_KEY: "orchid-9131-lamp", PWD: "/home/me/work", HOME: "/home/me" };
    expect(commandLine(["ttft", "orchid-9131-lamp", "--out", "/home/me/work/a.jsonl"], environment)).toBe(
      "ttft [redacted] --out /home/me/work/a.jsonl",
    );
  });
});

describe("the secrets of a command", () => {
  it.each<[words: readonly string[], secrets: readonly string[]]>([
    [
      ["env", "OPENAI_API_KEY=sk-1", "litellm", "--api-key", "sk-2"],
      ["sk-1", "sk-2"],
    ],
    [["x", "--header", "Authorization: Bearer tok1"], ["tok1"]],
    [
      ["--db", "postgres://me:p%40ss@h/db?token=abc"],
      ["me", "p@ss", "abc"],
    ],
    [["sh", "-c", "exec litellm --api-key sk-3 --port 4000"], ["sk-3"]],
    [["sh", "-c", "export OPENAI_API_KEY=sk-4; litellm"], ["sk-4"]],
    [["bash", "-lc", "A_TOKEN='two words' litellm"], ["two words"]],
    [["firsttoken", "proxy", "--proxy-command", "sh -c 'litellm --api-key=sk-5 && true'"], ["sk-5"]],
    [["sh", "-c", "it's OPENAI_API_KEY=sk-6 litellm"], ["sk-6"]],
    [["litellm", "--port", "4000", "--max_tokens=5", "  ", ""], []],
  ])("of %j are found", (words, secrets) => {
    expect(commandSecrets(words)).toEqual(expect.arrayContaining([...secrets]));
    if (secrets.length === 0) expect(commandSecrets(words)).toEqual([]);
  });
});
