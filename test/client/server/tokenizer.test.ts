import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../../src/client/connect.js";
import { OptionError, ServerError } from "../../../src/domain/errors/errors.js";
import type { TokenCounter } from "../../../src/domain/records/token-count.js";
import { longestPrefix, truncateByBlocks } from "../../../src/tokens/text-cuts.js";
import { json, type ScriptedServer, serveScript } from "../scripted-server.js";

let scripted: ScriptedServer;
afterEach(() => scripted.close());

/** Connects to a server whose `POST /tokenize` answers so. */
async function counter(tokenize: (body: Record<string, unknown>) => string): Promise<TokenCounter> {
  scripted = await serveScript(({ path, body }) => {
    if (path === "/v1/models") return [json({ data: [{ id: "tiny" }] })];
    return [
      path === "/tokenize" ? tokenize(JSON.parse(body)) : json({ detail: "Not Found" }, "404 Not Found"),
    ];
  });
  const server = await connect(scripted.url);
  server.close();
  return server.tokens;
}

/** Words and single marks, a token for each: a stand-in whose counts do not grow evenly. */
const tokensOf = (text: string): string[] => text.match(/\s?\w+|[^\w]/gu) ?? [];

const vllm = (body: Record<string, unknown>) =>
  typeof body.prompt === "string" && body.model === "tiny" && body.add_special_tokens === false
    ? json({ count: tokensOf(body.prompt).length, max_model_len: 99, tokens: [] })
    : json({ detail: "bad" }, "400 Bad Request");

const llamaCpp = (body: Record<string, unknown>) =>
  json({ tokens: tokensOf(typeof body.content === "string" ? body.content : "").map((_, i) => i) });

describe("the server's tokenizer", () => {
  it.each([
    ["vLLM", vllm],
    ["llama.cpp, which counts 0 for the other form", llamaCpp],
  ])("is found and used: %s", async (_name, tokenize) => {
    const tokens = await counter(tokenize);
    expect(tokens).toMatchObject({ name: "server /tokenize", exact: true });
    expect(await tokens.count("one two, three")).toBe(4);
    expect(await tokens.count("")).toBe(0);
    expect(await tokens.truncate("one two, three", 2)).toBe("one two");
    expect(await tokens.truncate("one two, three", 0)).toBe("");
    expect(await tokens.truncate("one two, three", 4)).toBe("one two, three");
    expect(await tokens.truncate("one two, three", 99)).toBe("one two, three");
  });

  it("is an error, not a guess, when it fails later", async () => {
    let calls = 0;
    const tokens = await counter((body) =>
      calls++ === 0 ? vllm(body) : json({ detail: "busy" }, "503 Busy"),
    );
    const error = await tokens.count("x").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ServerError);
    expect((error as ServerError).message).toBe(
      `POST ${scripted.url}/tokenize did not count the tokens: HTTP 503: busy.`,
    );
  });
});

describe("a server's count that can't be", () => {
  it.each([
    ["more tokens than bytes", 1_000_000_000],
    ["fewer than nothing", -1],
    ["one token for any text", 1],
  ])("is an error, not a length: %s", async (_what, count) => {
    const tokens = await counter((body) =>
      String(body.prompt).length < 20 ? vllm(body) : json({ count, tokens: [] }),
    );
    await expect(tokens.count("one two three ".repeat(100))).rejects.toThrow(/did not count the tokens/);
  });
});

describe("four characters a token", () => {
  it.each([
    ["there is no /tokenize", () => json({}, "404 Not Found")],
    ["it answers something else", () => json({ ok: true })],
    ["it counts nothing", () => json({ count: 0, tokens: [] })],
    ["it counts less than nothing", () => json({ count: -3 })],
    ["it counts more tokens than bytes", () => json({ count: 1e9 })],
    ["it counts parts of tokens", () => json({ count: 2.5 })],
    ["it refuses", () => json({}, "401 Unauthorized")],
  ])("is the count when %s", async (_name, tokenize) => {
    const tokens = await counter(tokenize);
    expect(tokens).toMatchObject({ name: "≈ 4 characters a token", exact: false });
    expect(await tokens.count("abcdefgh")).toBe(2);
    expect(await tokens.count("abcdefghi")).toBe(3);
    expect(await tokens.count("🌍🌍🌍🌍")).toBe(1);
    expect(await tokens.truncate("abcdefghi", 2)).toBe("abcdefgh");
    expect(await tokens.truncate("🌍🌍🌍🌍🌍", 1)).toBe("🌍🌍🌍🌍");
    expect(await tokens.truncate("abc", 2)).toBe("abc");
    expect(await tokens.truncate("abc", 0)).toBe("");
    await expect(tokens.truncate("abc", -1)).rejects.toThrow(OptionError);
    await expect(tokens.truncate("abc", 1.5)).rejects.toThrow(
      "tokens must be a whole number of at least 0; received 1.5.",
    );
  });
});

describe("the longest prefix", () => {
  const words = fc.array(fc.constantFrom("a", "word ", "🌍", "é", " ", "longer-word ", ", ", "x1y2 ", "\n"), {
    maxLength: 80,
  });

  it("fits, is whole characters, and would not fit with one more", async () => {
    await fc.assert(
      fc.asyncProperty(
        words.map((parts) => parts.join("")),
        fc.nat(60),
        async (text, tokens) => {
          const count = async (prefix: string) => tokensOf(prefix).length;
          const prefix = await longestPrefix(text, tokens, count);
          expect(text.startsWith(prefix)).toBe(true);
          expect(tokensOf(prefix).length).toBeLessThanOrEqual(tokens);
          expect(prefix).not.toMatch(/[\ud800-\udbff]$/);
          const next = [...text.slice(prefix.length)][0];
          if (next !== undefined) expect(tokensOf(prefix + next).length).toBeGreaterThan(tokens);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("takes few counts, also of an uneven text of half a million characters", async () => {
    const even = "The quick brown fox jumps over the lazy dog. ".repeat(11_000);
    const uneven = "a".repeat(200_000) + even.slice(0, 150_000) + ", ".repeat(75_000);
    for (const text of [even, uneven]) {
      let counts = 0;
      const count = async (prefix: string) => {
        counts += 1;
        return tokensOf(prefix).length;
      };
      const prefix = await longestPrefix(text, 50_000, count);
      expect(tokensOf(prefix).length).toBe(50_000);
      expect(counts).toBeLessThan(40);
    }
  });
});

describe("cutting by blocks", () => {
  const text = "The quick brown fox jumps over the lazy dog, and 12 more. ".repeat(4_000);
  const budgets = [0, 1, 9_999, 25_000, 40_000, 51_999, 52_000, 60_000];

  it("gives what searching the whole text gives, and counts little more than the result twice", async () => {
    for (const tokens of budgets) {
      let characters = 0;
      const count = async (prefix: string) => {
        characters += prefix.length;
        return tokensOf(prefix).length;
      };
      const cut = await truncateByBlocks(text, tokens, count);
      expect(cut).toBe(await longestPrefix(text, tokens, async (prefix) => tokensOf(prefix).length));
      // A block more, and the search within it.
      expect(characters).toBeLessThan(2 * cut.length + 14 * 33_000);
    }
  });

  it("does not believe blocks whose sum is not the whole's count", async () => {
    // Each request costs a token more, as where a server puts its own mark before every text.
    const count = async (prefix: string) => tokensOf(prefix).length + 1;
    for (const tokens of budgets.slice(1)) {
      const cut = await truncateByBlocks(text, tokens, count);
      expect(await count(cut)).toBeLessThanOrEqual(tokens);
      const next = [...text.slice(cut.length)][0];
      if (next !== undefined) expect(await count(cut + next)).toBeGreaterThan(tokens);
    }
  });
});
