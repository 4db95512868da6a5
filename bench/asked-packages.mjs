// The three packages this project was asked for and does without, each beside what stands in its place: js-tiktoken beside
// gpt-tokenizer, wink-nlp beside rouge-score's tokens and Intl.Segmenter, the whole of Plotly beside its cartesian build.
// The packages (and Python's rouge-score 0.1.2) are installed into a temporary folder. Run `npm run build` first.
//
//   node bench/asked-packages.mjs [rounds]
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { encode } from "gpt-tokenizer/encoding/o200k_base";
import { rouge, rougeTokens } from "../dist/metrics/rouge.js";
import { quantile } from "../dist/stats/quantile.js";

const [rounds = 7] = process.argv.slice(2).map(Number);
const ASKED = [
  "js-tiktoken@1.0.21",
  "wink-nlp@2.4.0",
  "wink-eng-lite-web-model@1.8.1",
  "plotly.js-dist@3.7.0",
  "plotly.js-dist-min@3.7.0",
];

const dataset = (name) => readFileSync(new URL(`../datasets/${name}`, import.meta.url), "utf8");
const guide = dataset("ffmpeg.txt");
const folder = mkdtempSync(join(tmpdir(), "asked-"));
try {
  writeFileSync(join(folder, "package.json"), "{}");
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent", ...ASKED], { cwd: folder });
  const asked = createRequire(join(folder, "package.json"));
  console.table([countTokens(asked)]);
  const nlp = asked("wink-nlp")(asked("wink-eng-lite-web-model"));
  console.table(compareTokens(nlp));
  console.table(splitSentences(nlp));
  console.table(bytesOfPlotly(asked));
} finally {
  rmSync(folder, { recursive: true });
}

/** 500 KB of English, counted by both in turn. */
function countTokens(asked) {
  const theirs = asked("js-tiktoken").getEncoding("o200k_base");
  const text = guide.repeat(Math.ceil(500_000 / guide.length)).slice(0, 500_000);
  const times = { ours: [], theirs: [] };
  let same = true;
  for (let round = 0; round < rounds; round++) {
    const a = timed(times.ours, () => encode(text));
    const b = timed(times.theirs, () => theirs.encode(text));
    same &&= a.length === b.length && a.every((id, i) => id === b[i]);
  }
  const [ours, peer] = [quantile(times.ours, 0.5), quantile(times.theirs, 0.5)];
  return {
    "500 KB, o200k_base": same ? "same ids" : "OTHER IDS",
    "gpt-tokenizer ms": ours.toFixed(0),
    "js-tiktoken ms": peer.toFixed(0),
    ratio: (peer / ours).toFixed(1),
  };
}

function timed(times, work) {
  const start = performance.now();
  const result = work();
  times.push(performance.now() - start);
  return result;
}

/** Every reference and document of the samples; ROUGE-L of each reference against its document's beginning. */
function compareTokens(nlp) {
  const texts = sampleTexts();
  const its = nlp.its;
  const wink = (text) =>
    nlp
      .readDoc(text)
      .tokens()
      .filter((token) => token.out(its.type) !== "punctuation")
      .out(its.normal);
  const reference = pythonTokens(texts);
  const alike = (tokens) => tokens.filter((list, i) => list.join(" ") === reference[i].join(" ")).length;
  const ours = texts.map((text) => [...rougeTokens(text, false)]);
  const theirs = texts.map(wink);
  const pairs = texts.slice(1).map((text, i) => [i, i + 1, text]);
  const apart = pairs.map(([a, b]) => {
    const exact = rouge(texts[a], texts[b], { type: "rougeL" }).fmeasure;
    const others = rouge(theirs[a].map(plain).join(" "), theirs[b].map(plain).join(" "), { type: "rougeL" });
    return Math.abs(exact - others.fmeasure);
  });
  return [
    { tokens: "firsttoken", "texts as rouge-score": `${alike(ours)} of ${texts.length}` },
    {
      tokens: "wink-nlp, without punctuation",
      "texts as rouge-score": `${alike(theirs)} of ${texts.length}`,
      "greatest difference of ROUGE-L": Math.max(...apart).toFixed(4),
    },
  ];
}

/** A token as one run of letters and digits, so that a scorer does not split it again. */
function plain(token) {
  return token.toLowerCase().replaceAll(/[^a-z0-9]/g, "") || "0";
}

function sampleTexts() {
  const summaries = JSON.parse(dataset("samsum-sample.json")).flatMap(({ dialogue, summary }) => [
    dialogue,
    summary,
  ]);
  const news = dataset("multinews-sample.jsonl")
    .trim()
    .split("\n")
    .flatMap((line) => Object.values(JSON.parse(line)).filter((value) => typeof value === "string"));
  return [...summaries, ...news].filter((text) => text.length > 20);
}

function pythonTokens(texts) {
  const venv = join(folder, "venv");
  execFileSync("python3", ["-m", "venv", venv]);
  const python = join(venv, "bin", "python");
  execFileSync(python, ["-m", "pip", "install", "--quiet", "rouge-score==0.1.2"], { stdio: "pipe" });
  writeFileSync(join(folder, "texts.json"), JSON.stringify(texts));
  const script = `
import json, sys
from rouge_score.tokenizers import DefaultTokenizer
tokenizer = DefaultTokenizer(False)
json.dump([tokenizer.tokenize(text) for text in json.load(open(sys.argv[1]))], sys.stdout)`;
  return JSON.parse(
    execFileSync(python, ["-c", script, join(folder, "texts.json")], {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    }),
  );
}

/** Sentences with what a splitter stumbles over, split by hand. */
function splitSentences(nlp) {
  const sentences = [
    "The server holds 3.5 GB of keys and values.",
    "Dr. Ellis moved from the U.S. to Paris in 1998.",
    "It was cold, i.e. no token had been cached.",
    "“Is it warm?” she asked.",
    "Yes!",
    "See Fig. 4 and Sec. 2.1 for the rest.",
    "The file is called report.v2.html.",
    "Mr. and Mrs. Lane own it (see below).",
    "Prices rose by 4.2 p.c. in a year.",
    "Who won the race?",
    "J. R. Smith did, at 10 a.m. on Monday.",
    "The end came soon…",
  ];
  const text = sentences.join(" ");
  const boundaries = (parts) => {
    let at = 0;
    return new Set(parts.map((part) => (at += part.replaceAll(/\s/g, "").length)));
  };
  const gold = boundaries(sentences);
  const row = (name, parts) => {
    const found = boundaries(parts);
    const hits = [...found].filter((at) => gold.has(at)).length;
    return { sentences: name, found: found.size, right: `${hits} of ${gold.size}`, wrong: found.size - hits };
  };
  const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });
  return [
    row(
      "Intl.Segmenter",
      [...segmenter.segment(text)].map(({ segment }) => segment),
    ),
    row("wink-nlp", nlp.readDoc(text).sentences().out()),
  ];
}

function bytesOfPlotly(asked) {
  const own = createRequire(import.meta.url);
  return [
    ["plotly.js-dist", asked.resolve("plotly.js-dist")],
    ["plotly.js-dist-min", asked.resolve("plotly.js-dist-min")],
    ["plotly.js-cartesian-dist-min", own.resolve("plotly.js-cartesian-dist-min")],
  ].map(([name, path]) => ({
    plotly: name,
    MB: (statSync(path).size / 1e6).toFixed(2),
    "MB, gzip": (gzipSync(readFileSync(path)).length / 1e6).toFixed(2),
  }));
}
