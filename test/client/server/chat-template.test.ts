import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { afterEach, describe, expect, it } from "vitest";
import * as methods from "../../../src/api/methods.js";
import * as quality from "../../../src/api/quality.js";
import { connect } from "../../../src/client/connect.js";
import { localChatTemplate } from "../../../src/client/server/chat-template.js";
import type { Example } from "../../../src/domain/records/example.js";
import type { Method } from "../../../src/methods/request/method.js";
import { tokenizerFile } from "../../../src/tokens/local-tokenizers.js";
import { templatedServer } from "../../support/templated-server.js";

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const fixture = new URL("../../fixtures/tokenizers/sentencepiece.json", import.meta.url).pathname;

/** A model's folder with a SentencePiece tokenizer and what stands beside it. */
const folder = (files: Readonly<Record<string, unknown>>): string => {
  const path = mkdtempSync(join(tmpdir(), "model-"));
  copyFileSync(fixture, join(path, "tokenizer.json"));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(path, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return join(path, "tokenizer.json");
};
const found = async (files: Readonly<Record<string, unknown>>, fields = {}) => {
  const path = folder(files);
  return localChatTemplate(path, await tokenizerFile(path), fields);
};

/** ChatML's template, as Qwen 2's tokenizer_config.json has it, with its default system message. */
const CHATML =
  "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
/** Mistral 7B Instruct v0.2's, as its first revision has it. */
const INST =
  "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% else %}{{ raise_exception('roles must alternate') }}{% endif %}{% endfor %}";

describe("a model's own chat template", () => {
  const chatMl = {
    bos: [],
    head: "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n",
    tail: "<|im_end|>\n<|im_start|>assistant\n",
    trims: { start: false, end: false },
  };

  it("is that of tokenizer_config.json, of several the default, and before it chat_template.jinja", async () => {
    expect(await found({ "tokenizer_config.json": { chat_template: CHATML } })).toEqual(chatMl);
    const named = [
      { name: "tool_use", template: "{{ no }}" },
      { name: "default", template: CHATML },
    ];
    expect(await found({ "tokenizer_config.json": { chat_template: named } })).toEqual(chatMl);
    expect(
      await found({ "chat_template.jinja": CHATML, "tokenizer_config.json": { chat_template: INST } }),
    ).toEqual(chatMl);
  });

  it("keeps BOS apart, whichever way the config has it", async () => {
    for (const bos_token of ["<s>", { content: "<s>", lstrip: false }]) {
      expect(await found({ "tokenizer_config.json": { chat_template: INST, bos_token } })).toEqual({
        ...{ bos: [1], head: "[INST] ", tail: " [/INST]" },
        trims: { start: false, end: false },
      });
    }
  });

  it("knows whether it takes white space off a message, and what a request asks of it", async () => {
    const trimming = "{% if quiet %}{{ '/quiet ' }}{% endif %}<u>{{ messages[0].content | trim }}</u>";
    expect(await found({ "chat_template.jinja": trimming }, { quiet: true })).toEqual({
      ...{ bos: [], head: "/quiet <u>", tail: "</u>" },
      trims: { start: true, end: true },
    });
  });

  it("is none where there is no file, and refused where it can't be rendered", async () => {
    expect(await found({})).toBeNull();
    expect(await found({ "tokenizer_config.json": { bos_token: "<s>" } })).toBeNull();
    await expect(found({ "chat_template.jinja": "{{ raise_exception('no') }}" })).rejects.toThrow(
      /tokenizer must have a chat template beside it that can be rendered/,
    );
  });

  it("lets methods of token ids ask what a chat asks, at a server that renders nothing", async () => {
    const real = new Tokenizer(JSON.parse(readFileSync(fixture, "utf8")), {});
    const encode = (text: string) => real.encode(text, { add_special_tokens: false }).ids;
    const decode = (ids: readonly number[]) => real.decode([...ids], { skip_special_tokens: false });
    const served = await templatedServer({
      ...{ template: (content) => `[INST] ${content} [/INST]`, bos: true, hidesTokens: true },
      tokenizer: { encode, decode },
    });
    const path = folder({ "tokenizer_config.json": { chat_template: INST, bos_token: "<s>" } });
    const server = await connect(served.url, { tokenizer: path });
    closing.push(served.close, server.close);
    const example: Example = {
      ...{ example_id: "q", dataset: "2wikimqa", task: "question answering", input: "Where?" },
      passages: [{ title: null, text: "A town." }],
      references: ["Four"],
    };
    const chunks = methods.lmcache({ separator: "", settleSeconds: 0 });
    const log = join(mkdtempSync(join(tmpdir(), "local-template-")), "log.jsonl");
    const run = (compared: Record<string, Method>) =>
      quality.run({ dataset: [example], methods: compared, log, overwrite: true });
    const rows = [
      ...(await run({ text: methods.fullPrefill(server) })),
      ...(await run({ ids: methods.fullKvReuse(server, { chunks }) })),
    ];
    expect(rows.map(({ outcome, format }) => [outcome, format])).toEqual([
      ["ok", "chat"],
      ["ok", "chat"],
    ]);
    const asked = served.seen.filter(({ body }) => body.max_tokens === 32);
    const textOf = (path: string) => decode(asked.find((one) => one.path === path)!.ids).replace(/\s+/g, " ");
    const withoutLine = (text: string) => text.replace(/[0-9a-f]{16} ?/, "");
    // Each piece of a SentencePiece text begins with a space of its own.
    expect(withoutLine(textOf("/v1/completions"))).toBe(withoutLine(textOf("/v1/chat/completions")));
    expect(textOf("/v1/completions")).toMatch(/^<s> ?\[INST\] .* \[\/INST\]$/);
  });

  it("tells by the file beside it what a text begins with, where the server does not", async () => {
    const fileWith = (json: object) => {
      const path = folder({});
      const own = JSON.parse(readFileSync(fixture, "utf8"));
      writeFileSync(path, JSON.stringify({ ...own, ...json }));
      return path;
    };
    const served = await templatedServer({ hidesTokens: true });
    closing.push(served.close);
    const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
    const text = { Sequence: { id: "A", type_id: 0 } };
    for (const [single, expected] of [
      [[special("<s>"), text], [1]],
      [[text], []],
      [[text, special("</s>")], null],
    ] as const) {
      const post_processor = {
        ...{ type: "TemplateProcessing", single, pair: single },
        special_tokens: Object.fromEntries(
          ["<s>", "</s>"].map((id, at) => [id, { id, ids: [at + 1], tokens: [id] }]),
        ),
      };
      const server = await connect(served.url, { tokenizer: fileWith({ post_processor }) });
      closing.push(server.close);
      expect(await server.promptBeginning()).toEqual(expected);
    }
  });
});
