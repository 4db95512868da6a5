import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ModelError } from "../../../src/domain/errors/errors.js";
import { openFile } from "../../../src/engine/files/byte-source.js";
import { readGgufModel } from "../../../src/engine/loading/gguf-model.js";
import { memoryNeed } from "../../../src/engine/loading/memory-need.js";
import { type AskedSizes, openModel } from "../../../src/engine/loading/open-model.js";
import { Engine } from "../../../src/engine/methods/engine.js";
import type { Compute } from "../../../src/engine/model/model.js";
import { serve } from "../../../src/engine/serve.js";
import { answer } from "../support.js";
import { fixture, ggufOf, ggufTokens, json, tensorsOf } from "./fixtures.js";
import type { Written } from "./gguf-writer.js";

const scratch = mkdtempSync(join(tmpdir(), "models-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const GIB = 2 ** 30;
const NONE: AskedSizes = { maxModelLen: null, kvTokens: null };
const open = (path: string, asked = NONE, available = GIB) => openModel(path, asked, available);

let copies = 0;
/** A copy of the Qwen2 folder with another of its files: null for none. */
const changed = (name: string, content: string | Uint8Array | null): string => {
  const folder = join(scratch, `${++copies}`);
  cpSync(fixture("qwen2"), folder, { recursive: true });
  if (content === null) rmSync(join(folder, name));
  else writeFileSync(join(folder, name), content);
  return folder;
};
const config = (change: object) =>
  changed("config.json", JSON.stringify({ ...json("qwen2/config.json"), ...change }));
const gguf = (bytes: Uint8Array): string => {
  const path = join(scratch, `${++copies}.gguf`);
  writeFileSync(path, bytes);
  return path;
};
const piped = (path: string): string => {
  spawnSync("mkfifo", [path]);
  return path;
};
/** The Qwen2 folder with a pipe, into which nobody writes, in the place of one of its files. */
const pipeIn = (name: string): string => {
  const folder = changed("chat_template.jinja", "");
  rmSync(join(folder, name));
  piped(join(folder, name));
  return folder;
};
const weights = readFileSync(join(fixture("qwen2"), "model.safetensors"));
/** The weights with a part of their header exchanged for another of the same length. */
const renamed = (from: string, to: string): Uint8Array => {
  const copy = Buffer.from(weights);
  copy.write(to, copy.indexOf(from), "latin1");
  return copy;
};

describe("a model's files", () => {
  it("give the same answer as a folder and as a GGUF file, by the folder's and the file's name", async () => {
    const folder = await open(fixture("qwen2"));
    const file = await open(gguf(ggufOf("qwen2", ggufTokens("llama-bpe"))));
    const ids = json("qwen2/expected.json").ids;
    const answers = [folder, file].map((opened) => {
      const engine = new Engine(opened.model, 64);
      opened.close();
      return answer(engine, ids, { ignoreEos: true, maxTokens: 8 }).ids;
    });
    expect(answers[0]).toHaveLength(8);
    expect(answers[1]).toEqual(answers[0]);
    expect(folder.model.name).toBe("qwen2");
    expect(file.model.name).toMatch(/^\d+$/);
  });

  it.each([
    ["F32", null, 0],
    ["F32", "i16", 1],
    ["Q8_0", "f32", 0],
    ["Q8_0", null, null],
    ["Q8_0", "i8", null],
  ] as const)("of %s computed with %s tell what share of the weights is rounded", async (type, compute, share) => {
    // Of this family some matrices have rows of no whole blocks, and stay in fp32.
    const { model, close } = await open(gguf(ggufOf("qwen2", ggufTokens("llama-bpe"), type)), {
      ...NONE,
      compute,
    });
    const sizes = [...tensorsOf("qwen2").values()]
      .filter(({ shape }) => shape.length === 2)
      .map(({ shape }) => shape);
    const count = (of: readonly (readonly number[])[]) =>
      of.reduce((sum, [rows, inputs]) => sum + rows! * inputs!, 0);
    const partly = count(sizes.filter(([, inputs]) => inputs! % 32 > 0)) / count(sizes);
    expect(partly).toBeGreaterThan(0);
    expect(partly).toBeLessThan(1);
    expect(model.roundedShare).toBeCloseTo(share ?? partly, 12);
    close();
  });

  it("are read when the engine is made, and closed afterwards", async () => {
    const { model, close } = await open(fixture("qwen2"));
    expect(model.finalNorm).toEqual(model.finalNorm);
    close();
    expect(() => model.finalNorm).toThrow();
  });

  it("take a context and a KV cache of the size asked for, else the model's own and two of it", async () => {
    const usual = await open(fixture("qwen2"));
    expect([usual.model.maxTokens, usual.kvTokens]).toEqual([128, 256]);
    const asked = await open(fixture("qwen2"), { maxModelLen: 64, kvTokens: 1024 });
    expect([asked.model.maxTokens, asked.kvTokens]).toEqual([64, 1024]);
    for (const { close } of [usual, asked]) close();
  });

  it.each([2 ** 31, 320, -1, 0.5, "1"])("with a token of the id %j are refused by its name", async (id) => {
    const tokenizer = json("qwen2/tokenizer.json");
    const added = [{ ...tokenizer.added_tokens[0], content: "<|odd|>", id }];
    const folder = changed("tokenizer.json", JSON.stringify({ ...tokenizer, added_tokens: added }));
    await expect(open(folder)).rejects.toThrow(`its token <|odd|> has id ${id}, and it has 320 embeddings`);
  });

  const merged = ggufOf("qwen2", ggufTokens("qwen2"));
  it.each([
    ["no such file", () => join(scratch, "nowhere"), "ENOENT"],
    ["a folder of nothing", () => mkdtempSync(join(scratch, "empty-")), "it has no config.json"],
    ["no tokenizer", () => changed("tokenizer.json", null), "it has no tokenizer.json"],
    [
      "no weights",
      () => changed("model.safetensors", null),
      "it has neither model.safetensors nor model.safetensors.index.json",
    ],
    ["a pipe for a GGUF file", () => piped(join(scratch, "pipe.gguf")), "it is not a regular file"],
    ["a device", () => "/dev/null", "it is not a regular file"],
    ["a pipe for config.json", () => pipeIn("config.json"), "its config.json can't be read: it is no"],
    [
      "a pipe for tokenizer.json",
      () => pipeIn("tokenizer.json"),
      "its tokenizer.json can't be read: it is no",
    ],
    [
      "a pipe for chat_template.jinja",
      () => pipeIn("chat_template.jinja"),
      "its chat_template.jinja can't be read: it is no",
    ],
    ["a pipe for weights", () => pipeIn("model.safetensors"), "model.safetensors: it is not a regular file"],
    ["a config that is not JSON", () => changed("config.json", "{"), "its config.json is not JSON"],
    ["a config that is no object", () => changed("config.json", "[]"), "its config.json is not an object"],
    [
      "a chat template that is none",
      () => changed("chat_template.jinja", "{% for %}"),
      "its chat template can't be read",
    ],
    ["another family", () => config({ model_type: "phi3" }), "its model_type: must be one of"],
    [
      "more layers than weights",
      () => config({ num_hidden_layers: 3 }),
      "no tensor model.layers.2.input_layernorm.weight",
    ],
    [
      "many more layers",
      () => config({ num_hidden_layers: 1e12 }),
      "1000000000000 layers, but has only 26 tensors",
    ],
    ["fewer layers than weights", () => config({ num_hidden_layers: 1 }), "a tensor model.layers.1."],
    [
      "another width",
      () => config({ intermediate_size: 56 }),
      "gate_proj.weight is [48, 32] where [56, 32] is needed",
    ],
    [
      "a head that is missing",
      () => config({ tie_word_embeddings: false }),
      "it has no tensor lm_head.weight",
    ],
    [
      "biases it does not know",
      () => config({ model_type: "llama" }),
      "self_attn.k_proj.bias, which is not supported",
    ],
    [
      "another vocabulary",
      () => config({ vocab_size: 321 }),
      "its vocab_size is 321, and it has 320 embeddings",
    ],
    [
      "an end beyond its vocabulary",
      () => config({ eos_token_id: 9_999 }),
      "9999 is beyond its 320 embeddings",
    ],
    [
      "weights that are cut",
      () => changed("model.safetensors", weights.subarray(0, 9_000)),
      "model.safetensors: the data of",
    ],
    [
      "weights of 8 bits",
      () => changed("model.safetensors", renamed('"BF16"', '"I8"  ')),
      "is stored as I8, which is not supported",
    ],
    [
      "an index of nothing",
      () => {
        const folder = changed("model.safetensors", null);
        writeFileSync(join(folder, "model.safetensors.index.json"), "{}");
        return folder;
      },
      "has no weight_map",
    ],
    [
      "an index that leads out",
      () => {
        const folder = changed("model.safetensors", null);
        const weight_map = { a: "../model.safetensors" };
        writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map }));
        return folder;
      },
      "names ../model.safetensors, which is not in the folder",
    ],
    [
      "a shard that is missing",
      () => {
        const folder = changed("model.safetensors", null);
        const weight_map = { a: "model-00001-of-00002.safetensors" };
        writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map }));
        return folder;
      },
      "model-00001-of-00002.safetensors: ENOENT",
    ],
    [
      "a template that is no template",
      () => changed("chat_template.jinja", "{% for %}"),
      "its chat template can't be read",
    ],
    [
      "another architecture",
      () => gguf(Buffer.from(Buffer.from(merged).toString("latin1").replace("qwen2", "gemma"), "latin1")),
      "its general.architecture is gemma",
    ],
    [
      "tokens split in a way it does not know",
      () => gguf(ggufOf("qwen2", ggufTokens("tekken"))),
      "its tokenizer.ggml.pre is tekken, which is not supported",
    ],
    [
      "a rotary base of 0",
      () => gguf(ggufOf("qwen2", { ...ggufTokens("qwen2"), "qwen2.rope.freq_base": { f32: 0 } })),
      "its qwen2.rope.freq_base is 0",
    ],
    [
      "attention to what comes later",
      () => gguf(ggufOf("qwen2", { ...ggufTokens("qwen2"), "qwen2.attention.causal": { bool: false } })),
      "its qwen2.attention.causal is false",
    ],
    [
      "a factor on its attention",
      () => gguf(ggufOf("qwen2", { ...ggufTokens("qwen2"), "qwen2.rope.scaling.attn_factor": { f32: 0.5 } })),
      "its qwen2.rope.scaling.attn_factor, 0.5, is not supported",
    ],
    [
      "a frequency divided by 0",
      () =>
        gguf(
          ggufOf("llama3-sharded", ggufTokens("llama-bpe"), "F32", (values, name) =>
            name === "rope_freqs.weight" ? values.map((own, i) => (i === 1 ? 0 : own)) : values,
          ),
        ),
      "rope_freqs.weight has a value that is no finite number above 0",
    ],
    [
      "its file in parts",
      () => gguf(ggufOf("qwen2", { ...ggufTokens("qwen2"), "split.count": { u32: 3 } })),
      "it is one of 3 parts of a model; join them (llama-gguf-split --merge)",
    ],
    ["no tokens", () => gguf(ggufOf("qwen2", {})), "it has no tokenizer.ggml.tokens"],
  ])("with %s are refused, the file, tensor or field named", async (_, path, message) => {
    const where = path();
    const opening = open(where);
    const error = await opening.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ModelError);
    expect((error as ModelError).path).toBe(where);
    expect((error as ModelError).message).toContain(message);
  });

  it("are refused for a context longer than the model's", async () => {
    const asked = { ...NONE, maxModelLen: 129 };
    await expect(open(fixture("qwen2"), asked)).rejects.toThrow(
      "its context is 128 tokens, fewer than the 129 asked for",
    );
  });
});

describe("rotary scaling of a GGUF file", () => {
  const divisors = async (more: Readonly<Record<string, Written>>) => {
    const { model, close } = await open(gguf(ggufOf("qwen2", { ...ggufTokens("qwen2"), ...more })));
    close();
    return [...new Set(model.shape.ropeDivisors ?? [1])];
  };
  const factor = (f32: number) => ({ "qwen2.rope.scaling.factor": { f32 } });
  const type = (text: string) => ({ "qwen2.rope.scaling.type": { text } });

  // As in llama.cpp, `load_hparams` and `llama_context`.
  it.each([
    ["linear, by its factor", { ...type("linear"), ...factor(4) }, 4],
    ["linear where only a factor is stated", factor(4), 4],
    ["linear by the older key", { "qwen2.rope.scale_linear": { f32: 2 } }, 2],
    ["none where it says none, whatever the factor", { ...type("none"), ...factor(4) }, 1],
    ["none for a factor of 0", { ...type("linear"), ...factor(0) }, 1],
    ["none where nothing is stated", {}, 1],
  ])("is %s", async (_, more, expected) => {
    expect(await divisors(more)).toEqual([expected]);
  });
});

describe("a model whose weights are no numbers", () => {
  const damaged = (tensor: string, value: number, type: "F32" | "Q8_0" = "F32") =>
    gguf(
      ggufOf("qwen2", ggufTokens("qwen2"), type, (values, name) =>
        name === tensor ? values.map((own, i) => (i % 7 === 3 ? value : own)) : values,
      ),
    );

  it.each([
    ["NaN", "blk.1.ffn_down.weight", Number.NaN, "F32"],
    ["infinite, of a query, which attention hides", "blk.0.attn_q.weight", Number.POSITIVE_INFINITY, "F32"],
    ["NaN, of a bias", "blk.1.attn_k.bias", Number.NaN, "F32"],
    ["NaN, of a norm", "output_norm.weight", Number.NaN, "F32"],
    ["NaN, of a token that is not asked for", "token_embd.weight", Number.NaN, "F32"],
    ["NaN, beside integers", "blk.1.ffn_down.weight", Number.NEGATIVE_INFINITY, "Q8_0"],
  ] as const)("is refused by its tensor's name where one is %s", async (_, tensor, value, type) => {
    const { model, kvTokens, close } = await open(damaged(tensor, value, type));
    expect(() => new Engine(model, kvTokens)).toThrow(`${tensor} has a value that is no finite number`);
    close();
  });

  it("answers nothing where products of numbers are none", async () => {
    const { model, kvTokens, close } = await open(damaged("blk.0.ffn_up.weight", 3e38));
    const engine = new Engine(model, kvTokens);
    close();
    expect(() => answer(engine, [5, 6, 7])).toThrow("it gives logits that are no numbers");
  });

  it.each([
    ["has a value that is no finite number", Number.NaN],
    ["gives logits that are no numbers", 3e38],
  ])("is not served: it %s", async (why, value) => {
    const path = damaged("blk.0.ffn_up.weight", value);
    const error = await serve({ model: path, kvTokens: 1_024 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ModelError);
    expect((error as ModelError).path).toBe(path);
    expect((error as ModelError).why).toContain(why);
  });
});

describe("a model of a quantised file", () => {
  const path = join(scratch, "q8.gguf");
  writeFileSync(path, ggufOf("qwen2", ggufTokens("qwen2"), "Q8_0"));
  const asked = { maxModelLen: 128, kvTokens: 1_024 };

  it("is served with what share of its weights is rounded, as its start tells", async () => {
    const opened = await open(path);
    const server = await serve({ model: path, ...asked });
    await server.close();
    opened.close();
    expect(server.roundedShare).toBe(opened.model.roundedShare);
    expect(server.roundedShare).toBeGreaterThan(0);
  });

  const logits = async (compute: Compute | null) => {
    const opened = await open(path, { ...asked, compute });
    const engine = new Engine(opened.model, opened.kvTokens);
    opened.close();
    return answer(engine, [5, 6, 7, 8, 9], { maxTokens: 1, ignoreEos: true }).logits;
  };

  it("is computed with its own integers unless it is asked otherwise; any other in fp32", async () => {
    const defaults = [path, fixture("qwen2")].map((each) => open(each, asked));
    const computes = await Promise.all(
      defaults.map(async (opening) => {
        const { model, close } = await opening;
        close();
        return model.compute;
      }),
    );
    expect(computes).toEqual(["i16", "f32"]);
    expect(await logits(null)).toEqual(await logits("i16"));
  });

  it("has nearly the logits of fp32, with matrices that are no integers rounded to 8 bits", async () => {
    const [f32, i16] = [await logits("f32"), await logits("i16")];
    const largest = Math.max(...f32.map(Math.abs));
    const worst = Math.max(...f32.map((logit, id) => Math.abs(logit - i16[id]!)));
    expect(worst / largest).toBeLessThan(0.02);
    expect(worst).toBeGreaterThan(0);
  });

  it.each(["f32", "i16", "i8"] as const)("takes the memory that is said before (%s)", async (compute) => {
    const { model, kvTokens, close } = await open(path, { ...asked, compute });
    const { arena } = new Engine(model, kvTokens).transformer;
    close();
    const tooLittle = open(path, { ...asked, compute }, 1_000);
    await expect(tooLittle).rejects.toThrow(`for its weights in ${compute === "f32" ? "fp32" : "8 bits"}`);
    const read = await readGgufModel(openFile(path));
    const { weightsBytes, contextBytes, storeBytes } = memoryNeed(read.config, read.weights, compute, {
      maxTokens: 128,
      kvTokens,
    });
    // Buffers and one thread's desk are left out.
    const buffers = arena.allocate(0) - (weightsBytes + contextBytes + storeBytes);
    expect(buffers).toBeGreaterThan(0);
    expect(buffers).toBeLessThan(300_000);
  });
});

describe("the memory a model needs", () => {
  it("is told before anything is read, with its parts, where the machine has less", async () => {
    await expect(open(fixture("qwen2"), { maxModelLen: 128, kvTokens: 500_000 }, 1e6)).rejects.toThrow(
      /needs 0\.\d\d GB of memory, and this machine has 0\.00 GB left: 0\.00 GB for its weights in fp32, 0\.00 GB for a context of 128 tokens, 0\.\d\d GB for a KV cache of 500000 tokens/,
    );
  });

  it("may be no more than WebAssembly has, however much the machine has", async () => {
    const asked = { maxModelLen: 128, kvTokens: 20_000_000 };
    await expect(open(fixture("qwen2"), asked, 2 ** 40)).rejects.toThrow("WebAssembly has at most 4.29 GB");
  });

  it("is what the engine then takes", async () => {
    const { model, kvTokens, close } = await open(fixture("qwen2"), { maxModelLen: 128, kvTokens: 50_000 });
    const stored = { ids: 320, integerBytes: 0 };
    const sizes = { maxTokens: 128, kvTokens };
    const need = memoryNeed({ shape: model.shape, tiedHead: true }, stored, "f32", sizes);
    const { arena } = new Engine(model, kvTokens).transformer;
    close();
    const before = arena.allocate(0);
    const needed = need.weightsBytes + need.contextBytes + need.storeBytes;
    expect(before / needed).toBeGreaterThan(1);
    expect(before / needed).toBeLessThan(1.1);
  });
});
