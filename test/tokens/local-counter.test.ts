import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import type { TokenCounter } from "../../src/domain/records/token-count.js";
import { CORRECTED_ESTIMATE } from "../../src/domain/records/token-count.js";
import { fillerText } from "../../src/prompts/filler.js";
import { random } from "../../src/stats/random.js";
import { correctable } from "../../src/tokens/local-counter.js";
import { openaiCounter } from "../../src/tokens/local-tokenizers.js";
import { json, type ScriptedServer, serveScript } from "../client/scripted-server.js";

let scripted: ScriptedServer | null = null;
afterEach(async () => {
  await scripted?.close();
  scripted = null;
});

/** The counter of a server without a tokenizer. */
async function guess(): Promise<TokenCounter> {
  scripted = await serveScript(({ path }) => [
    path === "/v1/models" ? json({ data: [{ id: "llama" }] }) : json({}, "404 Not Found"),
  ]);
  const server = await connect(scripted.url);
  server.close();
  return server.tokens;
}

const TEMPLATE = 37;
const words = random("words");
/** A text with the server's count of the prompt that holds it. */
const usage = (characters: number, charactersPerToken: number) => {
  const text = fillerText(words, characters);
  return { text, promptTokens: TEMPLATE + Math.round(text.length / charactersPerToken) };
};

describe("an estimate that usage sets right", () => {
  it("counts as the server does, without the template, and says that it is one", async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0.5, max: 7.5, noNaN: true }), async (charactersPerToken) => {
        const tokens = await guess();
        await scripted!.close();
        expect(tokens).toMatchObject({ exact: false, wantsUsage: true });
        await tokens.correct(usage(200, charactersPerToken), usage(4_000, charactersPerToken));
        expect(tokens).toMatchObject({ name: CORRECTED_ESTIMATE, exact: false, wantsUsage: false });
        const text = await tokens.truncate(fillerText(words, 40_000), 4_000);
        expect(await tokens.count(text)).toBeLessThanOrEqual(4_000);
        expect(text.length / charactersPerToken).toBeGreaterThan(3_950);
        expect(text.length / charactersPerToken).toBeLessThan(4_050);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ["a count that stands still: the prompt was cut, or nobody counts", 300, 300],
    ["a count that grows too little for any text", 300, 500],
    ["a count that falls", 500, 300],
    ["more tokens than bytes", 300, 90_000],
  ])("believes no usage with %s", async (_what, less, more) => {
    const tokens = await guess();
    await tokens.correct(
      { text: "a".repeat(200), promptTokens: less },
      { text: "a".repeat(4_000), promptTokens: more },
    );
    expect(tokens.name).toBe("≈ 4 characters a token");
    expect(await tokens.count("abcdefgh")).toBe(2);
  });
});

describe("a tokenizer found by the model's name", () => {
  const o200k = openaiCounter("gpt-4o")!;
  const pair = async (factor: number) => {
    const texts = [fillerText(words, 200), fillerText(words, 4_000)];
    const [shorter, longer] = await Promise.all(
      texts.map(async (text) => ({
        text,
        promptTokens: TEMPLATE + Math.round((await o200k.count(text)) * factor),
      })),
    );
    return [shorter!, longer!] as const;
  };

  it("stays exact where the server counts the same", async () => {
    const tokens = correctable(o200k);
    await tokens.correct(...(await pair(1)));
    expect(tokens).toMatchObject({ name: "gpt-tokenizer o200k_base", exact: true, wantsUsage: false });
    expect(await tokens.encode("Hello")).not.toBeNull();
  });

  it("is an estimate where a proxy has given the name to another model", async () => {
    const tokens = correctable(o200k);
    await tokens.correct(...(await pair(1.25)));
    expect(tokens).toMatchObject({ name: CORRECTED_ESTIMATE, exact: false });
    expect(await tokens.encode("Hello")).toBeNull();
    const text = fillerText(words, 4_000);
    expect(await tokens.count(text)).toBeCloseTo(1.25 * (await o200k.count(text)), -1.5);
  });
});
