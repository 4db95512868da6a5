import { describe, expect, it } from "vitest";
import { commandSecrets } from "../../../src/domain/secrets/command-secrets.js";

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
