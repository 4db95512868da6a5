import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chooseKey, keyReader } from "../../src/cli/flags/key-sources.js";
import { firsttokenHere } from "../support/cli-here.js";
import { json, scriptedServer } from "../support/scripted-server.js";

const KEY = "sk-source-Xk29Lm71Qw";
const folder = mkdtempSync(join(tmpdir(), "key-sources-"));
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe("a key's flag", () => {
  it.each([
    ["the key itself", () => KEY],
    ["a file", () => `@${file("plain", KEY)}`],
    [
      "a file with a mark, line ends and blank lines",
      () => `@${file("windows", `\ufeff\r\n ${KEY} \r\n\r\n`)}`,
    ],
  ])("takes %s", (_, value) => expect(keyReader()(value())).toBe(KEY));

  it.each([
    [`@${join(folder, "nowhere")}`, /can't be read from .*nowhere: there is no such file/],
    [`@${folder}`, /it is a folder/],
    [`@${file("empty", "\n")}`, /is empty: it must hold the key on a single line/],
    [`@${file("two", `${KEY}\n${KEY}`)}`, /must hold the key on a single line\.$/],
    ["@/dev/zero", /too long for a key/],
  ])("says what is wrong with %s", (value, message) => expect(() => keyReader()(value)).toThrow(message));
});

it("a key is the given one, then the first variable's that has one, then the customary one", () => {
  const variables = ["A", "B"];
  expect(chooseKey("given", variables, "EMPTY", { A: "a" })).toEqual({ key: "given", variable: null });
  expect(chooseKey(undefined, variables, "EMPTY", { A: " ", B: "b\n" })).toEqual({ key: "b", variable: "B" });
  expect(chooseKey(undefined, variables, "EMPTY", {})).toEqual({ key: "EMPTY", variable: null });
});

/** Runs the shortest command against a server that tells which key it was sent, and refuses it. */
const keySent = async (args: readonly string[], more: { environment?: Record<string, string> } = {}) => {
  let sent: string | undefined;
  const server = await scriptedServer(
    (response) => json(response, 404, {}),
    undefined,
    (headers) => {
      sent ??= headers.authorization;
    },
  );
  const doctor = ["doctor", "--api_base", server.url, ...args];
  const ended = await firsttokenHere(doctor, more);
  await server.close();
  expect(ended.stdout + ended.stderr).not.toContain(KEY);
  return { sent, ...ended };
};

describe("a command", () => {
  it("sends the key of the environment, and says so by the variable's name", async () => {
    const environment = { OPENAI_API_KEY: "sk-other-Xk29Lm71Qw", FIRSTTOKEN_API_KEY: KEY };
    const { sent, stderr } = await keySent([], { environment });
    expect(sent).toBe(`Bearer ${KEY}`);
    expect(stderr).toMatch(/^http:\S+ gets the key from FIRSTTOKEN_API_KEY; --api_key EMPTY sends none\.$/m);
    const openai = await keySent([], { environment: { OPENAI_API_KEY: KEY } });
    expect(openai.sent).toBe(`Bearer ${KEY}`);
    expect(openai.stderr).toContain("the key from OPENAI_API_KEY");
  });

  it("sends the key that is given in its place, without a word", async () => {
    const environment = { OPENAI_API_KEY: "sk-other-Xk29Lm71Qw" };
    for (const value of [KEY, `@${file("key", KEY)}`]) {
      const { sent, stderr } = await keySent(["--api_key", value], { environment });
      expect(sent).toBe(`Bearer ${KEY}`);
      expect(stderr).not.toContain("OPENAI_API_KEY");
    }
  });

  it("sends none where EMPTY is given, or there is none", async () => {
    expect((await keySent(["--api_key", "EMPTY"], { environment: { OPENAI_API_KEY: KEY } })).sent).toBe(
      "Bearer EMPTY",
    );
    expect((await keySent([])).sent).toBe("Bearer EMPTY");
  });
});

describe("a complaint about the command line", () => {
  it.each([
    ["a misspelt flag", ["doctor", `--api_kee=${KEY}`]],
    ["a key in another's place", ["ttft", KEY]],
    ["a password in an address", ["doctor", "--api_base", `ftp://me:${KEY}@host`]],
    ["a password in an address that would do", ["doctor", "--api_base", `http://me:${KEY}@host`]],
    ["a key in a query", ["doctor", "--api_base", `http://host/v1?api-key=${KEY}`]],
    ["a header without a colon", ["doctor", "--header", `Authorization Bearer ${KEY}`]],
    ["a body that is no object", ["doctor", "--body", `["${KEY}"]`]],
    ["a proxy's command with an open quote", ["proxy", "--proxy-command", `env KEY=${KEY} 'uv`]],
    [
      "a running proxy's password",
      [
        "proxy",
        "--provider-port",
        "0",
        "--out",
        join(folder, "x.jsonl"),
        "--proxy-url",
        `http://me:${KEY}@127.0.0.1:9`,
      ],
    ],
    [
      "a running provider's password",
      [
        "proxy",
        "--out",
        join(folder, "y.jsonl"),
        "--provider-url",
        `http://me:${KEY}@127.0.0.1:9`,
        "--proxy-url",
        "http://127.0.0.1:9",
      ],
    ],
    ["a key that no header takes", ["doctor", "--api_key", `${KEY}\u00e9`]],
    [
      "a mirror's password",
      ["datasets", "fetch", "musique", "--to", join(folder, "data"), "--base_url", `http://me:${KEY}@host`],
    ],
  ])("about %s does not show it", async (_, args) => {
    const { code, stdout, stderr } = await firsttokenHere(args);
    expect(code).toBe(2);
    expect(stderr).not.toBe("");
    expect(stdout + stderr).not.toContain(KEY.slice(0, 14));
  });
});
