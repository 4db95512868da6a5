import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { firsttoken } from "../support/cli.js";
import { firsttokenHere } from "../support/cli-here.js";

const fixture = (name: string) =>
  fileURLToPath(new URL(`../fixtures/engine/language-models/${name}`, import.meta.url));

describe("firsttoken serve --model as a process", () => {
  it("serves a Hugging Face folder by its name, and says what it is", async () => {
    const args = ["serve", "--model", fixture("qwen2"), "--port", "0", "--max_model_len", "64"];
    const { code, stdout, stderr } = await firsttoken(args, { signalAfter: /^http/ });
    expect(code).toBe(0); // although Ctrl-C came with the address
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1\n$/);
    expect(stderr).toContain("Serving qwen2: a language model, on the CPU.");
  });

  it("serves its own models with as short a context", async () => {
    const args = ["serve", "--port", "0", "--max_model_len", "64", "--kv_tokens", "1024"];
    const { stderr } = await firsttoken(args, { signalAfter: /Ctrl-C/ });
    expect(stderr).toContain("Serving tiny: it shows how caches behave");
  });

  it.each([
    ["a folder without a config", tmpdir(), 1, `The model ${tmpdir()} can't be used: it has no config.json.`],
    ["a file that is no model", fixture("README.md"), 1, "it does not begin as a GGUF file does."],
  ])("with %s says so and ends", async (_, model, code, message) => {
    const ended = await firsttokenHere(["serve", "--model", model, "--port", "0"]);
    expect(ended.stderr).toContain(message);
    expect(ended.stdout).toBe("");
    expect(ended.code).toBe(code);
  });
});
