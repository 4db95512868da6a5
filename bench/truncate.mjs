// Cutting a text to 131,072 tokens, exactly, against encoding the same tokens once with the library itself, whole: the
// ratio is cutting over encoding. Interleaved rounds, medians. The first text is the bundled guide again and again, whose
// words are remembered; in the second no word comes twice, so nothing is. The two tokenizer.json are the tests' small ones,
// so a token is shorter than a real model's and the text with it.
//   npm run build && node bench/truncate.mjs
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
import { encode as o200k } from "gpt-tokenizer/encoding/o200k_base";
import { connect } from "../dist/client/connect.js";
import { serve } from "../dist/engine/serve.js";
import { random } from "../dist/stats/random.js";
import { openaiCounter, tokenizerFile } from "../dist/tokens/local-tokenizers.js";

const TOKENS = 131_072;
const ROUNDS = 3;
const path = (name) => new URL(`../${name}`, import.meta.url);
const guide = readFileSync(path("datasets/ffmpeg.txt"), "utf8");
const fixture = (name) => path(`test/fixtures/tokenizers/${name}.json`).pathname;
const library = (name) => {
  const tokenizer = new Tokenizer(JSON.parse(readFileSync(fixture(name), "utf8")), {});
  return (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
};

const serving = await serve({ model: "bench" });
const server = await connect(serving.url);
const cases = [
  ["o200k_base (gpt-tokenizer)", async () => openaiCounter("gpt-4o"), (text) => o200k(text)],
  ["byte-level tokenizer.json", () => tokenizerFile(fixture("byte-level")), library("byte-level")],
  // Whole, this one takes minutes; its peer is the library by paragraph, which gives other ids at their seams.
  [
    "SentencePiece tokenizer.json (against paragraphs)",
    () => tokenizerFile(fixture("sentencepiece")),
    (text) => text.split("\n").flatMap(library("sentencepiece")),
  ],
  ["the embedded engine's /tokenize", async () => server.tokens, null],
];

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const timed = async (work) => {
  const start = performance.now();
  const value = await work();
  return { ms: performance.now() - start, value };
};

const stream = random("truncate");
const letters = () =>
  String.fromCharCode(...Array.from({ length: 4 + stream.int(6) }, () => 97 + stream.int(26)));
const strangeWords = Array.from({ length: 250_000 }, letters).join(" ");

for (const [name, make, peer] of cases) {
  // Half as many tokens again as are wanted.
  const each = await (await make()).count(guide);
  await bench(`${name}, the guide`, make, peer, `${guide}\n`.repeat(Math.ceil((TOKENS * 1.5) / each)));
  if (peer !== null) await bench(`${name}, strange words`, make, peer, strangeWords);
}

async function bench(name, make, peer, text) {
  const cuts = [];
  const encodings = [];
  let cut = "";
  for (let round = 0; round < ROUNDS; round++) {
    // A new one every round, which remembers nothing yet; loading its vocabulary is not timed.
    const counter = await make();
    await counter.count("load");
    const cutting = await timed(() => counter.truncate(text, TOKENS));
    cut = cutting.value;
    cuts.push(cutting.ms);
    if (peer !== null) encodings.push((await timed(async () => peer(cut))).ms);
  }
  const count = await (await make()).count(cut);
  const ms = median(cuts);
  const against =
    peer === null
      ? ""
      : `, ${(ms / median(encodings)).toFixed(2)} x one encoding (${median(encodings).toFixed(0)} ms)`;
  console.log(
    `${name}: ${count} of ${TOKENS} tokens, ${cut.length} characters, ${ms.toFixed(0)} ms${against}`,
  );
}
server.close();
await serving.close();
