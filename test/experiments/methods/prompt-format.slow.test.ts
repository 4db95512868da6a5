import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { afterEach, describe, expect, it } from "vitest";
import * as datasets from "../../../src/api/datasets.js";
import * as methods from "../../../src/api/methods.js";
import * as quality from "../../../src/api/quality.js";
import { connect } from "../../../src/client/connect.js";
import type { Server } from "../../../src/client/server.js";
import { OptionError } from "../../../src/domain/errors/errors.js";
import { wholePrompt } from "../../../src/domain/records/chunked-prompt.js";
import type { Example } from "../../../src/domain/records/example.js";
import type { QualityOptions } from "../../../src/experiments/methods/quality.js";
import { barePieces } from "../../../src/methods/request/prompt-ids.js";
import { qualityPrompt } from "../../../src/prompts/quality-prompt.js";
import { jsonLines } from "../../support/cli.js";
import { engineHere } from "../../support/engine-here.js";
import {
  chatMl,
  type TemplatedOptions,
  type TemplatedServer,
  templatedServer,
} from "../../support/templated-server.js";

const folder = mkdtempSync(join(tmpdir(), "prompt-format-"));
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const serve = async (
  options: TemplatedOptions = {},
): Promise<{ templated: TemplatedServer; server: Server }> => {
  const templated = await templatedServer(options);
  const server = await connect(templated.url);
  closing.push(templated.close, server.close);
  return { templated, server };
};

const question: Example = {
  example_id: "q",
  dataset: "2wikimqa",
  task: "question answering",
  passages: [
    { title: "Pell", text: "A town.\nBy the sea." },
    { title: "Orr", text: "A river." },
  ],
  input: "Where is Pell?",
  references: ["Four"],
};
const dialogue: Example = {
  ...question,
  dataset: "samsum",
  task: "dialogue summary",
  passages: [{ title: null, text: "Dialogue: A: hi\nSummary: A greets." }],
};

let runs = 0;
const run = async (options: Pick<QualityOptions, "methods"> & Partial<QualityOptions>) => {
  const log = join(folder, `${++runs}.jsonl`);
  const rows = await quality.run({ dataset: [question], ...options, log } as QualityOptions);
  return { rows, options: JSON.parse(readFileSync(`${log}.meta.json`, "utf8")).options, log };
};
/** What tells apart prompts of a server that no request field keeps apart, which these servers are. */
const FIRST_LINE = /\b[0-9a-f]{16}\n\n/;
const measured = (templated: TemplatedServer) =>
  templated.seen.filter(({ body }) => body.max_tokens !== 1).map(({ path, ids }) => ({ path, ids }));

/** An old Mistral's and Llama 3's templates, as their models' pages show them. */
const templates = {
  chatml: chatMl,
  inst: (content: string) => `[INST] ${content.trim()} [/INST]`,
  llama3: (content: string) =>
    `<|start_header_id|>user<|end_header_id|>\n\n${content.trim()}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n`,
};

describe("a server's chat template", () => {
  it.each(
    Object.entries(templates).flatMap(([name, template]) =>
      (["tokenize", "apply-template"] as const).flatMap((renders) =>
        [false, true].map((bos) => ({ name, template, renders, bos })),
      ),
    ),
  )("is read off its rendering: $name by $renders, with BOS: $bos", async ({ template, renders, bos }) => {
    const { server, templated } = await serve({ template, renders, bos });
    const found = (await server.chatTemplate())!;
    const [head, tail] = template("HERE").split("HERE");
    const trims = template(" x ") === template("x");
    // llama.cpp renders without BOS, which it puts before any prompt.
    expect(found.bos).toEqual(bos && renders === "tokenize" ? templated.encode("<s>") : []);
    expect(found).toMatchObject({ head, tail, trims: { start: trims, end: trims } });
  });

  // Seams of a real vocabulary: SentencePiece marks a text's beginning, byte-level BPE joins white space with words.
  it.each(
    Object.entries(templates).flatMap(([name, template]) =>
      [
        ["sentencepiece", true],
        ["sentencepiece", false],
        ["byte-level", false],
      ].map(([file, bos]) => ({ name, template, file: file as string, bos: bos as boolean })),
    ),
  )("is read off ids of $file: $name, with BOS: $bos", async ({ template, file, bos }) => {
    const path = new URL(`../../fixtures/tokenizers/${file}.json`, import.meta.url);
    const real = new Tokenizer(JSON.parse(readFileSync(path, "utf8")), {});
    const encode = (text: string) => real.encode(text, { add_special_tokens: false }).ids;
    const decode = (ids: readonly number[]) => real.decode([...ids], { skip_special_tokens: false });
    const { server } = await serve({ template, bos, tokenizer: { encode, decode } });
    const found = (await server.chatTemplate())!;
    for (const content of ["Read this.\n\nTitle\nA town.", " Summary: "]) {
      const whole = await barePieces("test", server, {
        ...{ prefix: "", chunks: [], question: content },
        format: "chat",
      });
      const rendered = [...found.bos, ...encode(whole.prefix + whole.question)];
      expect(rendered).toEqual(encode(`${bos ? "<s>" : ""}${template(content)}`));
    }
  });

  it("is none where the server renders none, and of a base model", async () => {
    for (const options of [{ renders: "none" }, { template: null }, { hidesTokens: true }] as const) {
      expect(await (await serve(options)).server.chatTemplate()).toBeNull();
    }
  });
});

describe("the two arms of a chat", () => {
  const arms = async (
    options: TemplatedOptions,
    dataset: readonly Example[],
    extra: Partial<QualityOptions> = {},
  ) => {
    const { server, templated } = await serve(options);
    const chunks = methods.lmcache({ separator: "", settleSeconds: 0 });
    const compared = { full: methods.fullPrefill(server), reuse: methods.fullKvReuse(server, { chunks }) };
    const askedBy = async (compared: QualityOptions["methods"], path: string) => {
      const before = measured(templated).length;
      const { rows } = await run({ dataset, methods: compared, ...extra });
      expect(rows.map(({ outcome, format }) => [outcome, format])).toEqual(rows.map(() => ["ok", "chat"]));
      const asked = measured(templated).slice(before);
      expect(new Set(asked.map((one) => one.path))).toEqual(new Set([path]));
      return asked.map(({ ids }) => templated.decode(ids).replace(FIRST_LINE, ""));
    };
    return {
      // Alone, it leaves the template to the server.
      text: await askedBy({ full: methods.fullPrefill(server) }, "/v1/chat/completions"),
      ids: await askedBy(compared, "/v1/completions"),
    };
  };

  it.each(Object.entries(templates))("ask the very same ids in the template %s", async (_name, template) => {
    for (const bos of [false, true]) {
      const { text, ids } = await arms({ template, bos }, [question, { ...dialogue, example_id: "d" }]);
      expect(text).toHaveLength(2);
      expect([...ids].sort()).toEqual([...text, ...text].sort());
      expect(text[0]!.startsWith("<s>")).toBe(bos);
    }
  });

  it("are the same where the template takes white space off the message's ends", async () => {
    // LongBench's dialogue ends with a space.
    const { text, ids } = await arms({ template: templates.llama3 }, [dialogue], {
      wording: "longbench",
      format: "chat",
    });
    expect(ids).toEqual([...text, ...text]);
    expect(text[0]).toContain("Summary:<|eot_id|>");
  });

  it("are the same on the embedded engine, for all of its methods", async () => {
    const serving = await engineHere();
    const server = await connect(serving.url);
    closing.push(serving.close, server.close);
    const idsOf = async (body: unknown): Promise<number[]> => {
      const init = { method: "POST", body: JSON.stringify(body) };
      const answer = await fetch(new URL("/tokenize", serving.url), init);
      return ((await answer.json()) as { tokens: number[] }).tokens;
    };
    for (const example of [question, dialogue, ...(await datasets.load("multihop", { samples: 2 }))]) {
      const chat = qualityPrompt(example, "plain", "chat");
      const pieces = await barePieces("test", server, chat);
      const messages = [{ role: "user", content: wholePrompt(chat) }];
      expect(await idsOf({ prompt: wholePrompt(pieces) })).toEqual(await idsOf({ messages }));
      const ids = [...pieces.bos!];
      for (const piece of [pieces.prefix, ...pieces.chunks, pieces.question]) {
        ids.push(...(await server.tokens.encode(piece))!);
      }
      expect(ids).toEqual(await idsOf({ messages }));
    }
    const compared = {
      full: methods.fullPrefill(server),
      prefix: methods.prefixCache(server),
      reuse: methods.fullKvReuse(server),
      blend: methods.cacheBlend(server, { recomputeRatio: 1 }),
    };
    const dataset = await datasets.load("multihop", { samples: 2, seed: 5 });
    const { rows, options } = await run({ dataset, methods: compared, maxTokens: 3 });
    expect(options.format).toBe("chat");
    expect(rows.map(({ outcome }) => outcome)).toEqual(rows.map(() => "ok"));
    for (const { example_id } of dataset) {
      const own = rows.filter((row) => row.example_id === example_id);
      expect(new Set(own.map(({ prompt_tokens }) => prompt_tokens)).size).toBe(1);
      const answerOf = (label: string) => own.find((row) => row.label === label)!.prediction;
      expect(answerOf("blend")).toBe(answerOf("full"));
    }
  });

  it("puts the template's head before the first chunk alone, so that the others are stored as they stand", async () => {
    const { server, templated } = await serve({ bos: true });
    const chunks = methods.lmcache({ separator: " # # ", settleSeconds: 0 });
    await run({ methods: { ids: methods.fullKvReuse(server, { chunks }) } });
    const collecting = templated.seen.slice(-3);
    const texts = collecting.map(({ ids }) => templated.decode(ids).replace(FIRST_LINE, ""));
    expect(texts[0]).toMatch(
      /^<s><\|im_start\|>user\nRead the passages[\s\S]* # # Pell\nA town\.\nBy the sea\.\n\n$/,
    );
    expect(texts[1]).toBe("<s>Orr\nA river.\n\n");
    expect(texts[2]).toMatch(
      /^<s><\|im_start\|>user\n[\s\S]* # # Orr\nA river\.\n\n # # Answer[\s\S]*Answer:<\|im_end\|>\n<\|im_start\|>assistant\n$/,
    );
  });
});

describe("the format", () => {
  const full = async (options: TemplatedOptions, extra: Partial<QualityOptions> = {}) => {
    const { server, templated } = await serve(options);
    const result = await run({ methods: { full: methods.fullPrefill(server) }, ...extra });
    return {
      ...result,
      path: measured(templated).at(-1)!.path,
      said: templated.decode(measured(templated).at(-1)!.ids),
    };
  };

  it("is a chat by default where the server has a template, also one that it does not render", async () => {
    for (const options of [{}, { renders: "none" }, { hidesTokens: true }, { chatsOnly: true }] as const) {
      const { path, rows, options: page } = await full(options);
      expect([path, rows[0]!.format, page.format]).toEqual(["/v1/chat/completions", "chat", "chat"]);
    }
  });

  it("is bare by default at a base model, and wherever that is asked for", async () => {
    for (const [options, extra] of [
      [{ template: null }, {}],
      [{}, { format: "completions" }],
    ] as const) {
      const { path, rows, said } = await full(options, extra);
      expect([path, rows[0]!.format]).toEqual(["/v1/completions", "completions"]);
      expect(said).not.toContain("<|im_start|>");
    }
  });

  it("is bare by default in the wordings that are meant so, unless the server only chats", async () => {
    for (const [extra, path] of [
      [{ wording: "cacheblend" }, "/v1/completions"],
      [{ wording: "bare" }, "/v1/completions"],
      [{ wording: "longbench" }, "/v1/chat/completions"],
      [{ wording: "longbench", dataset: [dialogue] }, "/v1/completions"],
      [{ wording: "cacheblend", format: "chat" }, "/v1/chat/completions"],
    ] as const) {
      expect((await full({}, extra)).path).toBe(path);
    }
    const { path, said } = await full({ chatsOnly: true }, { wording: "cacheblend" });
    expect(path).toBe("/v1/chat/completions");
    expect(said).not.toContain("[INST]");
  });

  it("is bare for all methods where one can't keep its chunks apart in a chat, and a chat is refused there", async () => {
    const { server, templated } = await serve({ renders: "none" });
    const chunks = methods.lmcache({ settleSeconds: 0 });
    const compared = { full: methods.fullPrefill(server), reuse: methods.fullKvReuse(server, { chunks }) };
    const { rows } = await run({ methods: compared });
    expect(rows.map(({ format }) => format)).toEqual(["completions", "completions"]);
    const before = templated.seen.length;
    await expect(run({ methods: compared, format: "chat" })).rejects.toThrow(OptionError);
    await expect(run({ methods: compared, format: "chat" })).rejects.toThrow(
      /does not render its chat template/,
    );
    expect(templated.seen).toHaveLength(before);
  });

  it("is no chat where the servers' templates differ", async () => {
    const [one, other] = [await serve(), await serve({ template: templates.llama3 })];
    const compared = { one: methods.fullPrefill(one.server), other: methods.fullPrefill(other.server) };
    await expect(run({ methods: compared, format: "chat" })).rejects.toThrow(/different chat templates/);
  });

  it("stands in every record and under the table", async () => {
    const { log, rows } = await full({}, { wording: "longbench" });
    expect(jsonLines(readFileSync(log, "utf8"))[0]).toMatchObject({ wording: "longbench", format: "chat" });
    const read = await quality.read(log);
    expect(read[0]).toMatchObject({ wording: "longbench", format: "chat" });
    expect(quality.table(read).text).toContain(
      "Prompts were sent in the wording longbench, as a chat in the model's template.",
    );
    const mixed = [...rows, { ...rows[0]!, label: "bare", format: "completions" } as const];
    const text = quality.table(mixed).text.replace(/\s+/g, " ");
    expect(text).toContain(
      "as a bare prompt (2wikimqa, bare): scores of different prompts are not comparable.",
    );
    const old = rows.map(({ wording: _wording, format: _format, ...row }) => row);
    expect(quality.table(old).text).not.toContain("Asked");
  });
});
