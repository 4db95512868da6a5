import type { Example, Task } from "../domain/records/example.js";
import { type MultihopShape, multihopExamples } from "./made/multihop.js";
import { haystack, type NeedleShape, needleExamples } from "./made/needle.js";
import { hotpot } from "./schemas/hotpot.js";
import { multiNews } from "./schemas/multi-news.js";
import { musique } from "./schemas/musique.js";
import { narrative } from "./schemas/narrative.js";
import { samsum } from "./schemas/samsum.js";
import type { Schema } from "./schemas/schema.js";
import { twoWiki } from "./schemas/two-wiki.js";
import { HUB, LONGBENCH_ARCHIVE, type Source } from "./source.js";

/*
 * Every dataset that is known by name, listed once: what is read, fetched and generated, and what the command line and its
 * errors list follows from it. A new one is an entry here and a file of its own, in `schemas` or in `made`.
 */

/** A published dataset. */
interface PublishedDataset {
  readonly task: Task;
  /** The form in which they publish it. */
  readonly form: Schema;
  /** A file in `datasets/` of the package, written for it in the form of the real data. */
  readonly sample: string;
  /** What LongBench calls it. */
  readonly longBench: string;
  /** These addresses are those that public projects use; they have not been tried. */
  readonly source: Source;
}

export const PUBLISHED_DATASETS = {
  "2wikimqa": {
    task: "question answering",
    form: twoWiki,
    sample: "2wikimqa-sample.json",
    longBench: "2wikimqa",
    source: {
      baseUrl: HUB,
      files: [
        { urlPath: "/datasets/voidful/2WikiMultihopQA/resolve/main/dev.json", saveAs: "2wikimqa-dev.json" },
      ],
      licence: "Apache-2.0",
    },
  },
  musique: {
    task: "question answering",
    form: musique,
    sample: "musique-sample.jsonl",
    longBench: "musique",
    source: {
      baseUrl: HUB,
      files: [
        {
          urlPath: "/datasets/dgslibisey/MuSiQue/resolve/main/musique_ans_v1.0_dev.jsonl",
          saveAs: "musique-dev.jsonl",
        },
      ],
      licence: "CC BY 4.0",
    },
  },
  hotpotqa: {
    task: "question answering",
    form: hotpot,
    sample: "hotpotqa-sample.json",
    longBench: "hotpotqa",
    source: {
      baseUrl: "http://curtis.ml.cmu.edu",
      files: [
        { urlPath: "/datasets/hotpot/hotpot_dev_distractor_v1.json", saveAs: "hotpotqa-dev-distractor.json" },
      ],
      licence: "CC BY-SA 4.0",
    },
  },
  narrativeqa: {
    task: "story question",
    form: narrative,
    sample: "narrativeqa-sample.jsonl",
    longBench: "narrativeqa",
    // Its authors publish questions and links to the stories; LongBench has both.
    source: {
      baseUrl: HUB,
      files: [
        {
          ...LONGBENCH_ARCHIVE,
          unpack: { "data/narrativeqa.jsonl": "longbench-narrativeqa.jsonl" },
        },
      ],
      licence: "Apache-2.0",
    },
  },
  samsum: {
    task: "dialogue summary",
    form: samsum,
    sample: "samsum-sample.json",
    longBench: "samsum",
    source: {
      baseUrl: HUB,
      files: [{ urlPath: "/datasets/knkarthick/samsum/resolve/main/test.csv", saveAs: "samsum-test.csv" }],
      licence: "CC BY-NC-ND 4.0: not for commercial use, no changed copies",
    },
  },
  multinews: {
    task: "news summary",
    form: multiNews,
    sample: "multinews-sample.jsonl",
    longBench: "multi_news",
    source: {
      baseUrl: HUB,
      files: [
        {
          urlPath: "/datasets/alexfabbri/multi_news/resolve/main/data/test.src.cleaned",
          saveAs: "multinews-test.src",
        },
        {
          urlPath: "/datasets/alexfabbri/multi_news/resolve/main/data/test.tgt",
          saveAs: "multinews-test.tgt",
        },
      ],
      licence: "for non-commercial research and education only",
    },
  },
} as const satisfies Readonly<Record<string, PublishedDataset>>;

export type PublishedName = keyof typeof PUBLISHED_DATASETS;

/** The names, in the order in which they are listed and in which their forms are tried on a file. */
export const PUBLISHED_NAMES = Object.keys(PUBLISHED_DATASETS) as PublishedName[];

/** Options of generated datasets, one for each by its name. */
export interface MadeShapes {
  /** The contexts of `multihop`; default three people, each described in two chunks, and questions that need both. */
  readonly multihop?: MultihopShape;
  /** The contexts of `needle`; default one needle in 1000, 2000 and 4000 tokens at five depths. */
  readonly needle?: NeedleShape;
}

/** A dataset that is generated from a seed. */
interface MadeDataset {
  readonly make: (count: number, seed: number | string, shapes: MadeShapes) => Example[];
}

export const MADE_DATASETS = {
  multihop: { make: (count, seed, { multihop }) => multihopExamples({ ...multihop, count, seed }) },
  needle: { make: (count, seed, { needle }) => needleExamples({ ...needle, count, seed }, haystack()) },
} as const satisfies Readonly<Record<keyof MadeShapes, MadeDataset>>;

export type MadeName = keyof typeof MADE_DATASETS;
export const MADE_NAMES = Object.keys(MADE_DATASETS) as MadeName[];

/** Every name that `datasets.load` takes. */
export const DATASET_NAMES: readonly string[] = [...PUBLISHED_NAMES, ...MADE_NAMES];
