import { describe, expect, it } from "vitest";
import { firsttoken } from "../support/cli.js";
import { json, scriptedServer } from "../support/scripted-server.js";

const KEY = "sk-source-Xk29Lm71Qw";

describe("a key from standard input", () => {
  it("is sent in place of the environment's, without a word", async () => {
    let sent: string | undefined;
    const server = await scriptedServer(
      (response) => json(response, 404, {}),
      undefined,
      (headers) => {
        sent ??= headers.authorization;
      },
    );
    const { stdout, stderr } = await firsttoken(["doctor", "--api_base", server.url, "--api-key", "-"], {
      input: `${KEY}\n`,
      environment: { OPENAI_API_KEY: "sk-other-Xk29Lm71Qw" },
    });
    await server.close();
    expect(sent).toBe(`Bearer ${KEY}`);
    expect(stderr).not.toContain("OPENAI_API_KEY");
    expect(stdout + stderr).not.toContain(KEY);
  });

  it("that is not there is missed in a sentence", async () => {
    const empty = await firsttoken(["doctor", "--api_key", "-"], { input: "" });
    expect(empty.stderr).toContain("Standard input holds no (further) line with a key.");
    expect(empty.code).toBe(2);
  });
});
