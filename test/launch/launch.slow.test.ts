import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LaunchOptions, quoted, shellScript } from "../../src/launch/launch.js";
import { RECIPES } from "../../src/launch/recipes.js";

const options = (fields: Partial<LaunchOptions>): LaunchOptions => ({
  model: "mistralai/Mistral-7B-Instruct-v0.2",
  gpus: 1,
  port: 8000,
  contextTokens: null,
  redis: null,
  recomputeRatio: 0.15,
  providerUrl: "http://localhost:8000/v1",
  ...fields,
});

/** Commands that tell what they were called with. */
const STAND_INS = ["vllm", "lmcache", "python", "llama-server", "ollama", "litellm"];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "launch-"));
  mkdirSync(join(folder, "bin"));
  for (const name of STAND_INS) {
    const path = join(folder, "bin", name);
    writeFileSync(
      path,
      `#!${process.execPath}\nconsole.log(JSON.stringify({ argv: ["${name}", ...process.argv.slice(2)], env: process.env }));\n`,
    );
    chmodSync(path, 0o755);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What each command of a script was called with by a real shell. */
function run(script: string): { argv: string[]; env: Record<string, string> }[] {
  const output = execFileSync("sh", ["-eu"], {
    input: script,
    cwd: folder,
    encoding: "utf8",
    env: { PATH: [join(folder, "bin"), process.env.PATH].join(delimiter) },
  });
  return output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { argv: string[]; env: Record<string, string> });
}

describe("the printed commands, run by a shell,", () => {
  it.each(Object.entries(RECIPES))("start %s with the very words and variables meant", (_name, recipe) => {
    const launch = recipe.launch(
      options({ gpus: 2, contextTokens: 4096, redis: recipe.takesRedis ? "10.0.0.1:6379" : null }),
    );
    const called = run(shellScript(launch));
    expect(called.map(({ argv }) => argv)).toEqual(launch.steps.map(({ command }) => command.flat()));
    for (const [i, { environment }] of launch.steps.entries()) {
      expect(called[i]!.env).toMatchObject(environment);
    }
  });

  it("keep the blanks of LMCache's separator", () => {
    const [vllm] = run(shellScript(RECIPES["vllm-lmcache-blend"].launch(options({}))));
    expect(vllm!.env.LMCACHE_BLEND_SPECIAL_STR).toBe(" # # ");
  });

  it("write LiteLLM's configuration before they start it", () => {
    run(shellScript(RECIPES.litellm.launch(options({ model: 'a"b', providerUrl: "http://h:1/v1" }))));
    const written = readFileSync(join(folder, "litellm.yaml"), "utf8");
    expect(written).toContain('model: "openai/a\\"b"');
    expect(written).toContain('api_base: "http://h:1/v1"');
  });

  it("give LiteLLM a key of its own, which it demands, and keep it in a file for its owner alone", () => {
    const script = shellScript(RECIPES.litellm.launch(options({})));
    const keys = [script, script].map((one) => run(one)[0]!.env.LITELLM_MASTER_KEY);
    expect(keys[0]).toMatch(/^sk-[0-9a-f]{48}$/);
    expect(keys[1]).toBe(keys[0]);
    const path = join(folder, "litellm.key");
    expect(readFileSync(path, "utf8")).toBe(keys[0]);
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(script).toContain(
      "# Then: firsttoken sweep --api_base http://localhost:8000/v1 --api_key @litellm.key\n",
    );
  });

  it("give any word back as it was", () => {
    const word = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        const [called] = run(`vllm ${words.map(quoted).join(" ")}\n`);
        expect(called!.argv).toEqual(["vllm", ...words]);
      }),
      { numRuns: 25 },
    );
  });
});
