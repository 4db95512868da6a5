// How long a model of a billion weights takes to load, by the bytes of its file, and the memory it then runs in:
//
//   node bench/engine-load.mjs [--compute i16]
//
// The model has the shape of Llama-3.2-1B (16 layers of 2,048, 32 heads over 8, 8,192 inside, 128,256 tokens, the head tied)
// and random weights in Q8_0; it is written into build/ once, 1.3 GB. What does not grow with the weights is measured on the
// same model with one layer, and two lines give both. The last line asks 256 tokens, answers 8, and tells the peak of the
// process's memory.
import { fork } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { freemem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const CONTEXT = 2_048;
const { values } = parseArgs({ options: { compute: { type: "string", default: "i16" } } });
const build = (name) => fileURLToPath(new URL(`../build/${name}`, import.meta.url));

if (process.send !== undefined) process.once("message", measure);
else {
  const sizes = [];
  for (const layers of [1, 16]) {
    const path = build(`random-1b-${layers}.gguf`);
    if (!existsSync(path)) writeModel(path, layers);
    const child = fork(fileURLToPath(import.meta.url), [], { execArgv: ["--no-liftoff"] });
    child.send({ path, compute: values.compute });
    const told = await new Promise((settle, fail) => {
      child.once("message", settle);
      child.once("exit", (code) => fail(new Error(`it ended with code ${code}`)));
    });
    child.kill();
    const gigabytes = statSync(path).size / 1e9;
    sizes.push({ gigabytes, ...told });
    console.log(
      `${layers} layers, ${gigabytes.toFixed(2)} GB, ${values.compute}: loaded in ${told.loadSeconds.toFixed(2)} s ` +
        `(CPU ${told.loadCpuSeconds.toFixed(2)}); 256 tokens in ${told.prefillSeconds.toFixed(1)} s, 8 more in ` +
        `${told.decodeSeconds.toFixed(1)} s; peak ${(told.peakBytes / 1e9).toFixed(2)} GB`,
    );
  }
  const [less, more] = sizes;
  const each = (key) => (more[key] - less[key]) / (more.gigabytes - less.gigabytes);
  const fixed = less.loadSeconds - each("loadSeconds") * less.gigabytes;
  console.log(
    `a GB takes ${each("loadSeconds").toFixed(2)} s (CPU ${each("loadCpuSeconds").toFixed(2)}), wanted ≤ 2; ` +
      `all else ${fixed.toFixed(2)} s; peak memory ${(more.peakBytes / 1e9).toFixed(2)} GB, wanted ≤ 3`,
  );
}

async function measure({ path, compute }) {
  const { extend, prefill } = await import("../dist/engine/compute/prefill.js");
  const { openModel } = await import("../dist/engine/loading/open-model.js");
  const { Engine } = await import("../dist/engine/methods/engine.js");
  const run = (work) => {
    while (work.next().done !== true);
  };
  const began = performance.now();
  const cpu = process.cpuUsage();
  const opened = await openModel(path, { maxModelLen: CONTEXT, kvTokens: CONTEXT, compute }, freemem());
  const engine = new Engine(opened.model, opened.kvTokens, { threads: 2 });
  opened.close();
  const loaded = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  const ids = Int32Array.from({ length: 264 }, (_, i) => (i * 7_919) % 128_000);
  run(prefill(engine.transformer, engine.store, ids.subarray(0, 256), []));
  engine.transformer.logits();
  const filled = performance.now();
  for (let at = 256; at < ids.length; at++) {
    run(extend(engine.transformer, ids, at));
    engine.transformer.logits();
  }
  const ended = performance.now();
  process.send({
    loadSeconds: (loaded - began) / 1000,
    loadCpuSeconds: (user + system) / 1e6,
    prefillSeconds: (filled - loaded) / 1000,
    decodeSeconds: (ended - filled) / 1000,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  });
}

/** Writes a GGUF file, version 3, tensor by tensor. */
function writeModel(path, layers) {
  const [width, inside, kv, ids] = [2_048, 8_192, 512, 128_256];
  const tensors = [
    ["token_embd.weight", width, ids],
    ["output_norm.weight", width],
    ...Array.from({ length: layers }, (_, i) =>
      [
        ["attn_norm", width],
        ["attn_q", width, width],
        ["attn_k", width, kv],
        ["attn_v", width, kv],
        ["attn_output", width, width],
        ["ffn_norm", width],
        ["ffn_gate", width, inside],
        ["ffn_up", width, inside],
        ["ffn_down", inside, width],
      ].map(([name, ...shape]) => [`blk.${i}.${name}.weight`, ...shape]),
    ).flat(),
  ];
  const { tokens, merges } = vocabulary(ids);
  const metadata = [
    ["general.architecture", "llama"],
    ["llama.block_count", layers],
    ["llama.context_length", 131_072],
    ["llama.embedding_length", width],
    ["llama.feed_forward_length", inside],
    ["llama.attention.head_count", 32],
    ["llama.attention.head_count_kv", 8],
    ["llama.attention.layer_norm_rms_epsilon", { float: 1e-5 }],
    ["llama.rope.freq_base", { float: 500_000 }],
    ["tokenizer.ggml.model", "gpt2"],
    ["tokenizer.ggml.pre", "llama-bpe"],
    ["tokenizer.ggml.tokens", tokens],
    ["tokenizer.ggml.merges", merges],
    ["tokenizer.ggml.eos_token_id", ids - 1],
    ["tokenizer.ggml.bos_token_id", ids - 1],
  ];
  const bytesOf = ([, ...shape]) => (shape.length === 1 ? 4 * shape[0] : (34 / 32) * shape[0] * shape[1]);
  const head = [Buffer.from("GGUF"), u32(3), u64(tensors.length), u64(metadata.length)];
  for (const [key, value] of metadata) head.push(text(key), entry(value));
  let offset = 0;
  for (const tensor of tensors) {
    const [name, ...shape] = tensor;
    head.push(text(name), u32(shape.length), ...shape.map(u64), u32(shape.length === 1 ? 0 : 8), u64(offset));
    offset += bytesOf(tensor);
  }
  const start = Buffer.concat(head);
  mkdirSync(build(""), { recursive: true });
  const random = blocks();
  const part = `${path}.part`;
  const file = openSync(part, "w");
  writeSync(file, Buffer.concat([start, Buffer.alloc((32 - (start.length % 32)) % 32)]));
  for (const tensor of tensors) {
    const bytes = bytesOf(tensor);
    if (tensor.length === 2) writeSync(file, Buffer.from(new Float32Array(bytes / 4).fill(1).buffer));
    else {
      for (let done = 0; done < bytes; done += random.length) {
        writeSync(file, random, 0, Math.min(random.length, bytes - done));
      }
    }
  }
  closeSync(file);
  renameSync(part, path);
}

function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function entry(value) {
  if (typeof value === "string") return Buffer.concat([u32(8), text(value)]);
  if (typeof value === "number") return Buffer.concat([u32(4), u32(value)]);
  if (Array.isArray(value)) return Buffer.concat([u32(9), u32(8), u64(value.length), ...value.map(text)]);
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value.float);
  return Buffer.concat([u32(6), bytes]);
}

/** The 256 characters of byte-level BPE, then all pairs of them, then triples; the last token ends a text. */
function vocabulary(ids) {
  const characters = Array.from({ length: 256 }, (_, i) =>
    String.fromCodePoint(i < 33 ? 256 + i : i < 127 ? i : i < 161 ? 256 + i : i === 173 ? 512 : i),
  );
  const tokens = [...characters];
  const merges = [];
  for (let i = 0; tokens.length < ids - 1; i++) {
    const [left, right] = [tokens[Math.floor(i / 256)], characters[i % 256]];
    tokens.push(left + right);
    merges.push(`${left} ${right}`);
  }
  return { tokens: [...tokens, "<|end|>"], merges };
}

/** Some megabytes of Q8_0's blocks: a scale of 2^-11 and random codes, over and over. */
function blocks() {
  const bytes = Buffer.alloc(34 * 131_072);
  let state = 1;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[i] = state >>> 24;
  }
  for (let at = 0; at < bytes.length; at += 34) bytes.writeUInt16LE(0x1000, at);
  return bytes;
}
