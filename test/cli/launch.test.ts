import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { firsttokenHere } from "../support/cli-here.js";

const page = readFileSync(resolve(import.meta.dirname, "../../docs/servers.md"), "utf8");

/** Each example of the page: a command, and the output that stands below it. */
const examples = [...page.matchAll(/```sh\n\$ firsttoken (launch .*)\n([\s\S]*?)```/g)].map(
  ([, command, output]) => ({ command: command!, output: output! }),
);

describe("firsttoken launch", () => {
  it("is shown for every server in docs/servers.md", () => {
    expect(examples.map(({ command }) => command.split(" ")[1])).toEqual([
      "vllm",
      "vllm-lmcache",
      "vllm-lmcache-blend",
      "sglang",
      "llamacpp",
      "ollama",
      "litellm",
    ]);
  });

  it.each(examples)("prints what docs/servers.md shows for $command", async ({ command, output }) => {
    const result = await firsttokenHere(command.split(" "));
    expect(result).toEqual({ code: 0, stdout: output, stderr: "" });
  });

  it("takes the cards and the context of the models it knows", async () => {
    const { stdout } = await firsttokenHere(["launch", "vllm", "--model", "01-ai/Yi-34B-200K", "--json"]);
    const { steps } = JSON.parse(stdout) as { steps: { command: string[][] }[] };
    expect(steps[0]!.command).toContainEqual(["--tensor-parallel-size", "2"]);
    expect(steps[0]!.command).toContainEqual(["--max-model-len", "200000"]);
  });

  it.each([
    [["launch", "--model", "x"], "missing required argument"],
    [["launch", "tgi", "--model", "x"], "Allowed choices are vllm"],
    [["launch", "vllm"], "required option '--model <id>' not specified"],
    [["launch", "vllm", "--model", "a b"], "--model must be a model's id or a file, without spaces"],
    [["launch", "vllm", "--model", "x", "--redis", "localhost:6379"], "--redis is for LMCache"],
    [["launch", "vllm-lmcache", "--model", "x", "--redis", "redis://h"], "--redis must be host:port"],
    [["launch", "vllm-lmcache", "--model", "x", "--redis", "h:99999"], "--redis must be host:port"],
    [
      ["launch", "vllm-lmcache-blend", "--model", "x", "--recompute_ratio", "15"],
      "--recompute_ratio must be a number from 0 to 1; received 15",
    ],
    [["launch", "litellm", "--model", "x", "--provider_url", "here"], "It must be an http or https address"],
  ])("refuses %j in one sentence", async (args, sentence) => {
    const { code, stdout, stderr } = await firsttokenHere(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(sentence);
  });
});
