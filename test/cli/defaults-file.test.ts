import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { REPEATED } from "../../src/cli/flags/defaults-file.js";
import { firsttokenHere } from "../support/cli-here.js";
import { freePort } from "../support/free-port.js";
import { allFlags } from "./all-flags.js";

/** A folder with such a file, and commands in it. */
function folderWith(defaults: unknown) {
  const cwd = mkdtempSync(join(tmpdir(), "defaults-"));
  const text = typeof defaults === "string" ? defaults : JSON.stringify(defaults);
  writeFileSync(join(cwd, "firsttoken.json"), text);
  return (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
    firsttokenHere(args, { cwd, environment });
}

describe("firsttoken.json", () => {
  it("names the server for every command that asks one, and says so", async () => {
    const port = await freePort();
    const run = folderWith({ api_base: port });
    for (const command of ["ttft", "sweep", "doctor"]) {
      const { code, stderr } = await run([command]);
      expect(code).toBe(1);
      expect(stderr).toContain(`Defaults from firsttoken.json: api_base ${port}.`);
      expect(stderr).toContain(`Nothing listens at http://localhost:${port} `);
    }
  });

  it("gives way to a flag, to a port, and to a flag that excludes it", async () => {
    const [theirs, mine] = [await freePort(), await freePort()];
    const run = folderWith({ api_base: theirs, load: { rates: [1, 2] } });
    for (const given of [[`${mine}`], ["--api-base", `http://localhost:${mine}/v1`]]) {
      const { stderr } = await run(["doctor", ...given]);
      expect(stderr).toContain(`Nothing listens at http://localhost:${mine} `);
    }
    const { stderr } = await run(["load", "--concurrency", "1"]);
    expect(stderr).toContain(`Defaults from firsttoken.json: api_base ${theirs}.`);
    expect(stderr).toContain(`Nothing listens at http://localhost:${theirs} `);
  });

  it("gives way to the environment", async () => {
    const run = folderWith({ "models list": { models_dir: "of-the-file" } });
    expect((await run(["models", "list"])).stderr).toContain('models_dir "of-the-file"');
    expect((await run(["models", "list"], { FIRSTTOKEN_MODELS: "of-the-environment" })).stderr).toBe("");
  });

  it("has lists, switches and repeated flags as JSON has them", async () => {
    const port = await freePort();
    const run = folderWith({
      api_base: port,
      quality: {
        aa: false,
        methods: ["full", "prefix"],
        "fail-if": ["ttft_median>0.5", "errors"],
        body: { top_k: 1 },
      },
    });
    const { stderr } = await run(["quality"]);
    expect(stderr).toContain(
      'aa false, methods ["full","prefix"], fail-if ["ttft_median>0.5","errors"], body {"top_k":1}.',
    );
    expect(stderr).toContain("Nothing listens at");
  });

  it("is named where it can't be read", async () => {
    const cwd = mkdtempSync(join(tmpdir(), "defaults-"));
    mkdirSync(join(cwd, "firsttoken.json"));
    const { code, stderr } = await firsttokenHere(["doctor"], { cwd });
    expect(stderr).toContain("firsttoken.json can't be read (it is a directory)");
    expect(code).toBe(2);
  });

  it.each([
    [{ rate: 1 }, '"rate" is no flag here; is it rates'],
    [{ load: { rate: 1 } }, '"load.rate" is no flag here; is it rates'],
    [{ laod: { rates: 1 } }, '"laod" is no flag here; is it load'],
    [{ sweep: { rates: "1" } }, '"sweep.rates" is no flag here'],
    [{ api_key: "sk-secret-1" }, '"api_key" must not be here, since it may hold a key'],
    [{ apiKey: "sk-secret-1" }, '"apiKey" must not be here, since it may hold a key'],
    [{ OPENAI_API_KEY: "sk-secret-1" }, '"OPENAI_API_KEY" must not be here, since it may hold a key'],
    [{ ttft: { token: "secret-1" } }, '"ttft.token" must not be here, since it may hold a key'],
    [{ "max-tokens": 3, max_tokens: 4 }, '"max_tokens" is there as "max-tokens" too: leave one of them out'],
    [{ quality: { aa: true, "no-aa": true } }, '"quality.no-aa" is there as "aa" too'],
    [{ sweep: { trials: 3 } }, '"sweep.trials" is no flag here; is it runs?'],
    [{ proxy: { "provider-key": "sk-secret-1" } }, '"proxy.provider-key" must not be here'],
    [{ header: "Authorization: sk-secret-1" }, '"header" must not be here'],
    [{ overwrite: true }, '"overwrite" is for one run'],
    [{ convert: { to: "csv" } }, '"convert.to" is needed each time'],
    [{ doctor: 8000 }, '"doctor" must be an object of this command\'s flags'],
    [{ timeout_seconds: "soon" }, '"timeout_seconds" must be a number of seconds above 0'],
    [{ doctor: { profile: "vlm" } }, '"doctor.profile" must be one of embedded-engine,'],
    [{ doctor: { json: 1 } }, '"doctor.json" must be true or false'],
    [{ api_base: null }, '"api_base" must be a text, a number or a list of them'],
    ["[]", "must be an object of flags"],
    ["{,}", "firsttoken.json is not JSON"],
  ])("is refused before anything is asked, with the place and the rule: %j", async (defaults, said) => {
    const { code, stderr } = await folderWith(defaults)(["doctor"]);
    expect(code).toBe(2);
    expect(stderr).toContain(said);
    expect(stderr).not.toContain("sk-secret");
  });

  it("is in the manifest of a run", async () => {
    const cwd = mkdtempSync(join(tmpdir(), "defaults-"));
    const defaults = { sweep: { context_sizes: [64], runs: 1, max_tokens: 1 } };
    writeFileSync(join(cwd, "firsttoken.json"), JSON.stringify(defaults));
    const { code, stderr } = await firsttokenHere(["sweep", "--model", "tiny", "--runs", "2"], { cwd });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const manifest = readFileSync(join(cwd, "results/ttft/all_ttft_results.jsonl.meta.json"), "utf8");
    expect(JSON.parse(manifest)).toMatchObject({
      defaults: { file: "firsttoken.json", flags: { context_sizes: [64], max_tokens: 1 } },
      options: { runs: 2 },
    });
    expect(JSON.parse(manifest).defaults.flags).not.toHaveProperty("runs");
  }, 30_000);

  it("knows which flags are repeated: those whose help says so", async () => {
    const said = (await allFlags()).filter(({ option }) => option.description.includes("repeatable"));
    const names = new Set(said.map(({ name }) => name));
    names.delete("header"); // it may hold a key
    expect([...names].sort()).toEqual([...REPEATED].sort());
  });

  it("leaves help alone", async () => {
    const run = folderWith({ nonsense: 1 });
    expect((await run(["doctor", "--help"])).code).toBe(0);
    expect((await run(["--help"])).stdout).toContain("firsttoken.json");
  });
});
