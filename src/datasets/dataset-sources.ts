import { PUBLISHED_DATASETS, PUBLISHED_NAMES, type PublishedName } from "./datasets.js";
import { HUB, LONGBENCH_ARCHIVE, type Source } from "./source.js";

const CACHEBLEND = "YaoJiayi/CacheBlend/55ad02675939f783a38d579393527d218a7fd581/inputs";

/**
 * Collections that others made from several datasets. A digest is given if a file's content is known: CacheBlend's are from
 * the repository's own tree.
 */
const COLLECTIONS = {
  longbench: {
    baseUrl: HUB,
    files: [
      {
        ...LONGBENCH_ARCHIVE,
        unpack: Object.fromEntries(
          PUBLISHED_NAMES.map((name) => PUBLISHED_DATASETS[name].longBench).map((name) => [
            `data/${name}.jsonl`,
            `longbench-${name}.jsonl`,
          ]),
        ),
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
} as const satisfies Readonly<Record<string, Source>>;

/** The names that `datasets fetch` knows. */
export type SourceName = keyof (typeof PUBLISHED_DATASETS & typeof COLLECTIONS);

/** Where each is published. */
export const SOURCES: Readonly<Record<SourceName, Source>> = {
  ...(Object.fromEntries(
    PUBLISHED_NAMES.map((name): [string, Source] => [name, PUBLISHED_DATASETS[name].source]),
  ) as Record<PublishedName, Source>),
  ...COLLECTIONS,
};

/** Every {@link SourceName}. */
export const SOURCE_NAMES = Object.keys(SOURCES) as SourceName[];
