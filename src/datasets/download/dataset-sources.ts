import type { Digest } from "../../download/digest.js";

/** What `datasets fetch` knows by name. */
export const SOURCE_NAMES = [
  "2wikimqa",
  "musique",
  "samsum",
  "multinews",
  "longbench",
  "cacheblend",
] as const;
export type SourceName = (typeof SOURCE_NAMES)[number];

/** A published file. */
export interface SourceFile {
  /** Behind the source's base address. */
  readonly urlPath: string;
  readonly saveAs: string;
  readonly digest?: Digest;
  /** Files to take out of a zip archive, and what to call them. */
  readonly unpack?: Readonly<Record<string, string>>;
}

/** Where a dataset is published, and under which terms. */
export interface Source {
  readonly baseUrl: string;
  readonly files: readonly SourceFile[];
  readonly licence: string;
}

const HUB = "https://huggingface.co";
const CACHEBLEND = "YaoJiayi/CacheBlend/55ad02675939f783a38d579393527d218a7fd581/inputs";

/**
 * The addresses are those that public projects use; no network was at hand to try them when they were written. A
 * digest stands where the file's content is known: CacheBlend's are from the repository's own tree.
 */
export const SOURCES: Readonly<Record<SourceName, Source>> = {
  "2wikimqa": {
    baseUrl: HUB,
    files: [
      { urlPath: "/datasets/voidful/2WikiMultihopQA/resolve/main/dev.json", saveAs: "2wikimqa-dev.json" },
    ],
    licence: "Apache-2.0",
  },
  musique: {
    baseUrl: HUB,
    files: [
      {
        urlPath: "/datasets/dgslibisey/MuSiQue/resolve/main/musique_ans_v1.0_dev.jsonl",
        saveAs: "musique-dev.jsonl",
      },
    ],
    licence: "CC BY 4.0",
  },
  samsum: {
    baseUrl: HUB,
    files: [{ urlPath: "/datasets/knkarthick/samsum/resolve/main/test.csv", saveAs: "samsum-test.csv" }],
    licence: "CC BY-NC-ND 4.0: not for commercial use, no changed copies",
  },
  multinews: {
    baseUrl: HUB,
    files: [
      {
        urlPath: "/datasets/alexfabbri/multi_news/resolve/main/data/test.src.cleaned",
        saveAs: "multinews-test.src",
      },
      { urlPath: "/datasets/alexfabbri/multi_news/resolve/main/data/test.tgt", saveAs: "multinews-test.tgt" },
    ],
    licence: "for non-commercial research and education only",
  },
  longbench: {
    baseUrl: HUB,
    files: [
      {
        urlPath: "/datasets/THUDM/LongBench/resolve/main/data.zip",
        saveAs: "longbench-data.zip",
        unpack: {
          "data/2wikimqa.jsonl": "longbench-2wikimqa.jsonl",
          "data/musique.jsonl": "longbench-musique.jsonl",
          "data/samsum.jsonl": "longbench-samsum.jsonl",
          "data/multi_news.jsonl": "longbench-multi_news.jsonl",
        },
      },
    ],
    licence: "MIT for LongBench; each dataset in it keeps its own",
  },
  cacheblend: {
    baseUrl: "https://raw.githubusercontent.com",
    files: [
      {
        urlPath: `/${CACHEBLEND}/wikimqa_s.json`,
        saveAs: "cacheblend-2wikimqa.json",
        digest: { algorithm: "git-sha1", hex: "837f0e8c7d1d720827891c8692e3283752d2dae1" },
      },
      {
        urlPath: `/${CACHEBLEND}/musique_s.json`,
        saveAs: "cacheblend-musique.json",
        digest: {
          algorithm: "sha256",
          hex: "d679da1dad32b7f3645de9db0d7a1aaa7e679eb76ed48c02c4688137e5ce6674",
        },
      },
      {
        urlPath: `/${CACHEBLEND}/samsum.json`,
        saveAs: "cacheblend-samsum.json",
        digest: { algorithm: "git-sha1", hex: "f404e39e467dbc33c45489618bf87d70e8c2fd19" },
      },
    ],
    licence: "none stated for the repository's inputs; each dataset keeps its own",
  },
};
