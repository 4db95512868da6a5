import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Tokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { encode as o200k } from "gpt-tokenizer/encoding/o200k_base";
import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import { OptionError } from "../../src/domain/errors/errors.js";
import type { TokenCounter } from "../../src/domain/records/token-count.js";
import { openaiCounter, tokenizerFile } from "../../src/tokens/local-tokenizers.js";
import { json, type ScriptedServer, serveScript } from "./scripted-server.js";

const FIXTURES = fileURLToPath(new URL("../fixtures/tokenizers/", import.meta.url));
const DOCUMENT = readFileSync(new URL("../../datasets/ffmpeg.txt", import.meta.url), "utf8");
const readJson = (name: string) => JSON.parse(readFileSync(join(FIXTURES, name), "utf8"));

/** What the whole text gives when it is encoded at once, by the library itself. */
const wholes = {
  "byte-level": wholeOf("byte-level"),
  sentencepiece: wholeOf("sentencepiece"),
};
function wholeOf(name: string): (text: string) => number[] {
  const tokenizer = new Tokenizer(readJson(`${name}.json`), {});
  return (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
}

const open: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

describe.each(["byte-level", "sentencepiece"] as const)("a tokenizer.json of the %s kind", (name) => {
  const load = () => tokenizerFile(join(FIXTURES, `${name}.json`));

  it("gives the native library's ids", async () => {
    const counter = await load();
    const { texts, ids } = readJson(`${name}.expected.json`) as { texts: string[]; ids: number[][] };
    for (const [index, text] of texts.entries()) {
      expect(await counter.encode(text)).toEqual(ids[index]);
      expect(await counter.count(text)).toBe(ids[index]!.length);
    }
  });

  it("gives the whole's ids wherever a text is cut into pieces", async () => {
    const counter = await load();
    const text = longText();
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        expect(await counter.encode(value)).toEqual(wholes[name](value));
      }),
      { numRuns: 60 },
    );
  });

  it("cuts to a budget exactly: no token too many, none too few, no character split", async () => {
    await cutsExactly(await load(), wholes[name]);
  });
});

describe("OpenAI's models", () => {
  // The published examples of tiktoken's README and of js-tiktoken 1.0.21's tests.
  it.each([
    ["gpt-4o", "hello world", [24912, 2375]],
    ["gpt-5-mini-2025-08-07", "hello world", [24912, 2375]],
    ["openai/gpt-4.1", "hello world", [24912, 2375]],
    ["o3-mini", "hello world", [24912, 2375]],
    ["gpt-4", "hello world", [15339, 1917]],
    ["gpt-4-turbo", "hello world", [15339, 1917]],
    ["gpt-3.5-turbo", "tiktoken is great!", [83, 1609, 5963, 374, 2294, 0]],
  ])("%s has its own ids", async (model, text, ids) => {
    expect(await openaiCounter(model)!.encode(text)).toEqual(ids);
  });

  it.each([
    "llama-3",
    "gpt2-large",
    "mistral",
    "my-gpt-4",
    "gpt-oss-120b",
    "o",
  ])("%s is none of them", (model) => {
    expect(openaiCounter(model)).toBe(null);
  });

  it("take a special token's name within a text as text", async () => {
    expect(await openaiCounter("gpt-4o")!.count("a <|endoftext|> b")).toBeGreaterThan(4);
  });

  it("give the whole's ids wherever a text is cut into pieces, and cut exactly", async () => {
    const counter = openaiCounter("gpt-4o")!;
    await fc.assert(
      fc.asyncProperty(longText(), async (value) => {
        expect(await counter.encode(value)).toEqual(o200k(value, { disallowedSpecial: new Set() }));
      }),
      { numRuns: 60 },
    );
    await cutsExactly(counter, (text) => o200k(text, { disallowedSpecial: new Set() }));
  });
});

describe("who counts", () => {
  const serve = async (models: object, tokenize: boolean) => {
    const scripted = await serveScript(({ path }) =>
      path === "/v1/models"
        ? [json({ data: [models] })]
        : [tokenize && path === "/tokenize" ? json({ count: 7, tokens: [] }) : json({}, "404 Not Found")],
    );
    open.push(scripted);
    return scripted;
  };
  const who = async (models: object, tokenize: boolean, tokenizer?: string) => {
    const { url, requests } = await serve(models, tokenize);
    const server = await connect(url, tokenizer === undefined ? {} : { tokenizer });
    server.close();
    return { name: server.tokens.name, exact: server.tokens.exact, asked: requests.map(({ path }) => path) };
  };
  const file = join(FIXTURES, "byte-level.json");

  it("is a file that was named, then the server, then what the model's name tells, then a guess", async () => {
    expect(await who({ id: "gpt-4o" }, true, file)).toEqual({
      name: "@huggingface/tokenizers tokenizers/byte-level.json",
      exact: true,
      asked: ["/v1/models"],
    });
    expect(await who({ id: "gpt-4o" }, true)).toMatchObject({ name: "server /tokenize", exact: true });
    expect(await who({ id: "gpt-4o" }, false)).toMatchObject({
      name: "gpt-tokenizer o200k_base",
      exact: true,
    });
    expect(await who({ id: "llama" }, false)).toMatchObject({ name: "≈ 4 characters a token", exact: false });
  });

  it("is refused when the file is missing, no JSON, or no tokenizer", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tokenizer-"));
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const { url } = await serve({ id: "m" }, false);
    for (const [path, message] of [
      [join(folder, "none.json"), /^tokenizer must be a readable file \(ENOENT/],
      [write("text.json", "not JSON"), /^tokenizer must be a tokenizer\.json with its model; received/],
      [
        write("other.json", '{"version":"1.0"}'),
        /^tokenizer must be a tokenizer\.json with its model; received/,
      ],
      [
        write("odd.json", '{"model":{"type":"Nothing"}}'),
        /^tokenizer must be a tokenizer\.json that can be used/,
      ],
    ] as const) {
      const failure = await connect(url, { tokenizer: path }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(OptionError);
      expect((failure as OptionError).message).toMatch(message);
    }
  });
});

/** Texts of several pieces: natural ones, and what natural ones seldom have. */
function longText(): fc.Arbitrary<string> {
  const parts = fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom("One two three. ", "four five, six\n", "don't stop ", "it's 2026 now "),
      },
      fc.constantFrom(
        "  ",
        "\n\n",
        "\t",
        "\r\n",
        "/path/to x ",
        "🌍🌍 ",
        "中文文本，也要能。切开 ",
        "é ",
        "_x_ ",
        "12345 ",
      ),
      fc.string({ unit: "grapheme", maxLength: 6 }),
    ),
    { minLength: 1, maxLength: 60 },
  );
  return fc.tuple(parts, fc.nat(3)).map(([texts, times]) => texts.join("").repeat(times + 1));
}

async function cutsExactly(counter: TokenCounter, whole: (text: string) => readonly number[]): Promise<void> {
  const text = `${DOCUMENT.slice(0, 6_000)} 🌍👩‍💻中文，${DOCUMENT.slice(6_000, 9_000)}`;
  const all = whole(text).length;
  for (const tokens of [0, 1, 2, 77, 500, 1_001, all - 1, all, all + 1]) {
    const cut = await counter.truncate(text, tokens);
    expect(text.startsWith(cut)).toBe(true);
    expect(whole(cut).length).toBeLessThanOrEqual(tokens);
    // A well-formed text survives UTF-8; half a character would come back as U+FFFD.
    expect(Buffer.from(cut, "utf8").toString("utf8")).toBe(cut);
    const next = [...text.slice(cut.length)][0];
    if (next === undefined) expect(tokens).toBeGreaterThanOrEqual(all);
    else expect(whole(cut + next).length).toBeGreaterThan(tokens);
  }
  await expect(counter.truncate(text, -1)).rejects.toThrow(OptionError);
}
