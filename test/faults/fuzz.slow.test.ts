import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../../src/cli/program.js";
import { LogError, ModelError } from "../../src/domain/errors/errors.js";
import { ArchiveError } from "../../src/download/archive-error.js";
import { unpack } from "../../src/download/zip.js";
import { bytesInMemory } from "../../src/engine/files/byte-source.js";
import { readGguf } from "../../src/engine/files/gguf.js";
import { parseSafetensors } from "../../src/engine/files/safetensors.js";
import { readTensor } from "../../src/engine/files/tensor-file.js";
import { openModel } from "../../src/engine/loading/open-model.js";
import { ChatTemplateError } from "../../src/engine/model/model-tokenizer.js";
import { readByKind } from "../../src/logs/read-by-kind.js";
import { loadParser, ttftParser } from "../../src/logs/records/record-lines.js";
import { readEventStream } from "../../src/wire/event-stream.js";
import { ResponseScanner } from "../../src/wire/http-response.js";
import { ProtocolError } from "../../src/wire/protocol-error.js";
import { fixture } from "../engine/loading/fixtures.js";
import { madeLogs, readMade } from "../logs/records/made-logs.js";
import { freePort } from "../support/free-port.js";
import { damaged, fuzz, pieces } from "./fuzz.js";
import { CONTROL } from "./invariants.js";

const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bytesOf = (...texts: readonly string[]) =>
  fc.constantFrom(...texts.map((text) => Buffer.from(text, "latin1")));
const someBytes = fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes));
const joined = (part: fc.Arbitrary<Buffer>) =>
  fc.array(part, { maxLength: 24 }).map((parts) => Buffer.concat(parts));

/** A JSON file with other values in some places, chosen by number among all that it has. */
function changedJson(good: Buffer, changes: readonly (readonly [number, unknown])[]): string {
  const whole: unknown = JSON.parse(good.toString());
  for (const [number, value] of changes) {
    const places: [object, string][] = [];
    const visit = (at: unknown): void => {
      if (typeof at !== "object" || at === null) return;
      for (const key of Object.keys(at)) {
        places.push([at, key]);
        visit(Reflect.get(at, key));
      }
    };
    visit(whole);
    const [at, key] = places[number % places.length]!;
    Reflect.set(at, key, value);
  }
  return JSON.stringify(whole);
}

describe("fuzzed", () => {
  it("event streams have the events that eventsource-parser finds, whatever the bytes and the cuts", async () => {
    const lines = bytesOf(
      ...["data: x", "data:", "data", ":", ": ping", "event: e", "id: 1", "id: a\0b", "retry: 5", "other: y"],
      ...[
        "\n",
        "\n",
        "\n\n",
        "\r",
        "\r\n",
        "\r\r",
        "\xef\xbb\xbf",
        "\xef\xbb",
        "\xf0\x9f\x98\x80",
        "[DONE]",
        "{}",
      ],
    );
    await fuzz(
      "event streams",
      pieces(joined(fc.oneof({ weight: 5, arbitrary: lines }, someBytes))),
      (cut) => {
        const expected: (readonly [string | undefined, string])[] = [];
        const parser = createParser({ onEvent: ({ event, data }) => expected.push([event, data]) });
        const found: (readonly [string | undefined, string])[] = [];
        const stream = readEventStream(({ name, data }) => found.push([name, data]));
        // What follows shows that the last line is whole, also where it ends in CR.
        const all = [...cut, Buffer.from(":end\n")];
        parser.feed(new TextDecoder().decode(Buffer.concat(all)));
        for (const piece of all) stream.read(0n, piece, 0, piece.length);
        expect(found).toEqual(expected);
      },
    );
  });

  it("responses have one body and one fault, whatever the bytes and the cuts", async () => {
    const parts = bytesOf(
      ...["HTTP/1.1 200 OK\r\n", "HTTP/1.1 103 Early\r\n\r\n", "HTTP/1.0 200\n", "\r\n", "\r\n\r\n", "\n"],
      ...[
        "content-length: 5\r\n",
        "content-length: 7\r\n",
        "transfer-encoding: chunked\r\n",
        "x: y\r\n",
        ": z\r\n",
      ],
      ...["5\r\n", "hello", "0\r\n\r\n", "ffffffffffffffff\r\n", "-1\r\n", "2;a=b\r\n", " 1", "0x2\r\n"],
    );
    const response = fc
      .tuple(fc.boolean(), joined(fc.oneof({ weight: 6, arbitrary: parts }, someBytes)))
      .map(([isGood, rest]) => Buffer.concat([Buffer.from(isGood ? "HTTP/1.1 200 OK\r\n" : ""), rest]));
    await fuzz("responses", pieces(response), (cut) => {
      expect(scan(cut)).toEqual(scan([Buffer.concat(cut)]));
    });
  });

  it("logs whose lines look alike give the rows that JSON.parse gives", async () => {
    const parsers = [ttftParser({}), loadParser()] as const;
    const made = fc.oneof(
      ...parsers.map((parser) => fc.tuple(fc.constant(parser), madeLogs(parser.columns))),
    );
    const input = made.chain(([parser, bytes]) =>
      fc.tuple(fc.constant(parser), fc.oneof(fc.constant(bytes), damaged(bytes))),
    );
    await fuzz("logs of lines that look alike", input, ([parser, bytes]) => {
      const read = (how: "scanned" | "parsed") => {
        try {
          const { scanned: _, ...all } = readMade<object>(bytes, parser, how);
          return all;
        } catch (error) {
          // What is no text in UTF-8 is refused before any line is read.
          expect(error).toBeInstanceOf(LogError);
          return (error as Error).message;
        }
      };
      const [fast, slow] = [read("scanned"), read("parsed")];
      expect(fast).toEqual(slow);
      expect(isDeepStrictEqual(fast, slow)).toBe(true);
    });
  });

  it("logs are read or refused in a sentence, and give no record more than they have lines", async () => {
    const rows = [1, 2, 3].map((trial) => ({
      ...{ run_index: trial, context_tokens: 64, ttft_seconds: 0.5, outcome: "ok", error: null, trial },
      ...{ started_at: `2026-01-02T03:04:0${trial}.000Z`, label: "one", model: "tiny", cache_state: "cold" },
    }));
    const good = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const path = join(folder, "log.jsonl");
    const input = fc.tuple(fc.oneof(damaged(good), joined(someBytes)), fc.constantFrom("throw", "skip"));
    await fuzz("logs", input, async ([bytes, onBadLine]) => {
      writeFileSync(path, bytes);
      try {
        const { ttft, blend, quality, proxy } = await readByKind(path, { onBadLine: onBadLine as "skip" });
        const count = ttft.length + blend.length + quality.length + proxy.length;
        expect(count).toBeLessThanOrEqual(bytes.toString("latin1").split(/[\r\n]/).length);
        for (const { ttft_seconds: seconds } of ttft)
          expect(seconds === null || (Number.isFinite(seconds) && seconds >= 0)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(LogError);
        expect((error as Error).message).not.toMatch(CONTROL);
      }
    });
  });

  it("safetensors files are refused, or have the numbers that their shapes promise", async () => {
    const header = Buffer.from(
      JSON.stringify({
        __metadata__: { words: "[]" },
        a: { dtype: "F32", shape: [2, 1], data_offsets: [0, 8] },
        b: { dtype: "F32", shape: [1], data_offsets: [8, 12] },
      }),
    );
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    await fuzz("safetensors", damaged(Buffer.concat([length, header, Buffer.alloc(12)])), (bytes) => {
      try {
        for (const { shape, data } of parseSafetensors(bytes).tensors.values())
          expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
      } catch (error) {
        if (!(error instanceof Error) || error.name === "AssertionError") throw error;
        expect(error.message).not.toBe("");
      }
    });
  });

  it("GGUF files are refused, or have their tensors' numbers", async () => {
    const written = readFileSync(fixture("by-gguf-py.gguf"));
    await fuzz("GGUF files", damaged(written), (bytes) => {
      try {
        for (const tensor of readGguf(bytesInMemory(bytes)).tensors.values())
          expect(readTensor(tensor).length).toBe(tensor.shape.reduce((product, size) => product * size, 1));
      } catch (error) {
        if (!(error instanceof Error) || error.name === "AssertionError") throw error;
        expect(error.message).not.toBe("");
      }
    });
  });

  it("folders of language models are refused by name, or tokenise, render and give their weights", async () => {
    const families = ["qwen2", "qwen3", "llama3-sharded"];
    const files = [
      ...["config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json"],
      ...["model.safetensors", "model.safetensors.index.json"],
    ];
    const strange = fc.constantFrom<unknown>(
      ...[null, true, -1, 0, 1, 0.5, 2 ** 31, 2 ** 53, 1e308, "", "a", "../a.safetensors", [], {}, [[]]],
      ...["{% for i in range(9999999) %}{{ i }}{% endfor %}", "{{ messages[0].x.y }}", "(a+)+$"],
    );
    const changes = fc.array(fc.tuple(fc.nat(), strange), { minLength: 1, maxLength: 2 });
    const inputs = fc.record({
      family: fc.constantFrom(...families),
      name: fc.constantFrom(...files),
      changes: fc.oneof({ weight: 3, arbitrary: changes }, { weight: 1, arbitrary: fc.constant(null) }),
      seed: fc.nat(),
    });
    let made = 0;
    await fuzz("folders of language models", inputs, async ({ family, name, changes, seed }) => {
      const model = join(folder, `model-${++made}`);
      mkdirSync(model);
      // Those that have no tokenizer take Qwen2's, which has as many ids.
      for (const from of [fixture("qwen2"), fixture(family)]) {
        for (const one of readdirSync(from)) {
          const isWeights = one.startsWith("model");
          if (isWeights && from !== fixture(family)) continue;
          rmSync(join(model, one), { force: true });
          symlinkSync(join(from, one), join(model, one));
        }
      }
      const path = join(model, name);
      if (existsSync(path)) {
        const good = readFileSync(path);
        rmSync(path);
        const bytes =
          changes === null || name === "model.safetensors"
            ? fc.sample(damaged(good), { numRuns: 1, seed })[0]!
            : changedJson(good, changes);
        writeFileSync(path, bytes);
      }
      try {
        const opened = await openModel(model, { maxModelLen: null, kvTokens: null }, 2 ** 30);
        const { tokenizer, layers } = opened.model;
        expect(tokenizer.encode("a b").every((id) => id >= 0 && id < tokenizer.ids)).toBe(true);
        try {
          for (const layer of layers) for (const weights of Object.values(layer)) void weights;
        } catch (error) {
          // Whoever reads them adds the model's name.
          expect((error as Error).message).toMatch(/ has a value that is no finite number$/);
        }
        try {
          tokenizer.chat([{ role: "user", content: "Hi" }], { addGenerationPrompt: true, more: {} });
        } catch (error) {
          expect(error).toBeInstanceOf(ChatTemplateError);
        }
        opened.close();
      } catch (error) {
        expect(error).toBeInstanceOf(ModelError);
        expect((error as ModelError).message).toContain(model);
        expect((error as ModelError).message).not.toMatch(CONTROL);
      } finally {
        rmSync(model, { recursive: true });
      }
    });
  });

  it("zip archives are refused, or give the very bytes that were packed", async () => {
    const archive = readFileSync(new URL("../fixtures/datasets/small.zip", import.meta.url));
    const [path, out] = [join(folder, "some.zip"), join(folder, "out")];
    const packed = '{"line": "of a file that is deflated"}\n'.repeat(200);
    await fuzz("zip archives", damaged(archive), async (bytes) => {
      writeFileSync(path, bytes);
      try {
        await unpack(path, "data/packed.jsonl", out);
      } catch (error) {
        expect(error).toBeInstanceOf(ArchiveError);
        expect((error as Error).message).not.toMatch(CONTROL);
        return;
      }
      expect(readFileSync(out, "utf8")).toBe(packed);
    });
  });

  describe("arguments", () => {
    let closed = "";
    const before = process.cwd();
    beforeAll(async () => {
      closed = `http://127.0.0.1:${await freePort()}`;
      process.chdir(folder);
    });
    afterAll(() => process.chdir(before));

    /** Commands that measure or read, with what keeps them off the network and the disk. */
    const commands: Readonly<Record<string, () => readonly string[]>> = {
      ttft: () => ["--api_base", closed],
      sweep: () => ["--api_base", closed],
      prompts: () => ["--api_base", closed],
      blend: () => ["--api_base", closed],
      quality: () => ["--api_base", closed],
      doctor: () => ["--api_base", closed],
      proxy: () => ["--proxy-url", closed, "--provider-url", closed, "--requests", "1", "--blocks", "1"],
      launch: () => [],
      report: () => ["none.jsonl"],
    };
    const values = fc.oneof(
      fc.constantFrom(
        "",
        " ",
        "-1",
        "0",
        "1",
        "1e999",
        "NaN",
        "__proto__",
        "null",
        "{}",
        "[]",
        "a: b",
        ",",
        "1,2",
        "%00",
      ),
      fc.string({ maxLength: 8 }),
      fc.string({ unit: "grapheme", maxLength: 8 }),
    );

    it("end a command in a sentence, with 0, 1 or 2", async () => {
      const options = new Map<string, readonly string[]>();
      for (const name of Object.keys(commands)) {
        const { said } = await run([name, "--help"]);
        // What would start a process, read a keyboard, write somewhere or repeat for long is left out.
        const known = [...said.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option!);
        options.set(
          name,
          known.filter((option) => !/help|out|json|url|base|command|dir|key|port|start/.test(option)),
        );
      }
      const line = fc
        .constantFrom(...Object.keys(commands))
        .chain((name) =>
          fc
            .array(fc.tuple(fc.constantFrom(...options.get(name)!), values), { minLength: 1, maxLength: 4 })
            .map((pairs) => [name, ...pairs.map(([option, value]) => `${option}=${value}`)] as const),
        );
      await fuzz("arguments", line, async ([name, ...args]) => {
        const { code, said } = await run([name, ...args, ...commands[name]!()]);
        expect([0, 1, 2], said).toContain(code);
        expect(said).not.toMatch(CONTROL);
        expect(said.trim()).not.toBe("");
      });
    });
  });
});

/** The body that is found in these reads, whether all of it came, and why it is none. */
function scan(reads: readonly Buffer[]) {
  let body = "";
  const scanner = new ResponseScanner((_, bytes, start, end) => {
    body += bytes.toString("latin1", start, end);
  });
  let fault: string | null = null;
  try {
    for (const bytes of reads) scanner.read(0n, bytes, 0, bytes.length);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    fault = error.message;
  }
  return { body, done: scanner.done, status: scanner.head?.status, fault };
}

/** Runs a command in this process. */
async function run(argv: readonly string[]) {
  let said = "";
  const sink = { write: (text: string) => (said += text) };
  const code = await main(argv, { out: sink, err: sink });
  process.exitCode = 0;
  return { code, said };
}
