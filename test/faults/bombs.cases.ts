import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, deflateSync, gzipSync } from "node:zlib";
import type { Step } from "../client/scripted-server.js";
import { makeZip, type ZipFile } from "../support/make-zip.js";
import { type Ended, type FaultCase, type Outcome, oneRequest, type Place } from "./fault-case.js";
import { chats, type Hostility, path } from "./hostile-server.js";

/** A stretch of a bomb: 64 MB of one byte, which gzip packs to 64 KB. */
const stretch = (byte: string): Buffer => Buffer.alloc(64 * 2 ** 20, byte);

let packed: Buffer | undefined;
/** Nine stretches in one gzip file, which may hold any number of them (RFC 1952, 2.2): 576 MB. */
const gzipBomb = (): Buffer => {
  packed ??= gzipSync(stretch(" "), { level: 1 });
  return Buffer.concat(Array<Buffer>(9).fill(packed));
};

const body = (encoding: string, bytes: Buffer): readonly Step[] => [
  `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${bytes.length}\r\n\r\n`,
  bytes,
];

/** What a bomb may take of memory beside what Node itself takes. */
const within =
  (mebibytes: number) =>
  ({ maxMebibytes }: Ended): void => {
    if (maxMebibytes > mebibytes) throw new Error(`it took ${maxMebibytes} MB`);
  };

const PACKINGS: readonly (readonly [encoding: string, pack: (bytes: Buffer) => Buffer])[] = [
  ["gzip", (bytes) => gzipSync(bytes, { level: 1 })],
  ["deflate", (bytes) => deflateSync(bytes, { level: 1 })],
  ["br", (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
];

const ofServers = PACKINGS.flatMap(([encoding, pack]) => {
  const bomb = pack(Buffer.alloc(100 * 2 ** 20, ": "));
  const places: readonly (readonly [string, Hostility, readonly Outcome[] | null])[] = [
    ["a chat", chats(body(encoding, bomb)), ["error"]],
    ["the list of models", path("/v1/models", body(encoding, bomb)), null],
  ];
  return places.map(
    ([where, server, log]): FaultCase => ({
      name: `the answer to ${where} is 100 MB in ${encoding}`,
      server,
      exit: 1,
      log,
      alone: true,
      holds: within(600),
    }),
  );
});

const ofFiles: readonly FaultCase[] = [
  {
    name: "a log is 576 MB of spaces in gzip",
    prepare: ({ folder }) => writeFileSync(join(folder, "bomb.jsonl"), gzipBomb()),
    command: ({ folder }) => ["report", join(folder, "bomb.jsonl"), "--out", "report.html"],
    exit: 1,
    says: ["unpacks to more than 512 MB", "gunzip"],
    log: null,
    alone: true,
    holds: within(1_000),
  },
  {
    name: "a dataset is 576 MB of spaces in gzip",
    prepare: ({ folder }) => writeFileSync(join(folder, "bomb.jsonl.gz"), gzipBomb()),
    command: ({ base }) => [
      "quality",
      "--api_base",
      base,
      "--dataset",
      "bomb.jsonl.gz",
      "--out",
      "log.jsonl",
    ],
    exit: 1,
    says: ["unpacks to more than 512 MB"],
    log: null,
    alone: true,
    holds: within(1_000),
  },
];

const MEMBERS = ["2wikimqa", "musique", "samsum", "multi_news"].map((name) => `data/${name}.jsonl`);
const members = (first: Partial<ZipFile>): readonly ZipFile[] =>
  MEMBERS.map((name, index) => ({ name, content: Buffer.from("{}\n"), ...(index === 0 ? first : {}) }));

const ARCHIVES: readonly (readonly [what: string, archive: () => Buffer, says: string])[] = [
  [
    "says it holds 9 bytes and inflates to 64 MB",
    () => makeZip(members({ content: stretch("x"), says: { bytes: 9 } })),
    "more than the 9 bytes",
  ],
  [
    "has files that lie over each other",
    () => makeZip([...members({}), { name: "over", content: Buffer.from("{}\n"), offset: 0 }]),
    "an incomplete zip",
  ],
  [
    "says its data go on beyond its end",
    () => makeZip(members({ says: { compressedBytes: 2 ** 31 } })),
    "an incomplete zip",
  ],
  ["has a wrong checksum", () => makeZip(members({ says: { crc: 1 } })), "checksum is wrong"],
  [
    "is an archive within an archive",
    () => makeZip([{ name: "data.zip", content: makeZip(members({})) }]),
    "has no file data/2wikimqa.jsonl",
  ],
  [
    "has names that lead out of its folder",
    () => makeZip([{ name: "../../data/2wikimqa.jsonl", content: Buffer.from("{}") }]),
    "has no file data/2wikimqa.jsonl",
  ],
  ["is a directory alone", () => makeZip([]), "has no file"],
  ["is cut", () => makeZip(members({})).subarray(0, -40), "an incomplete zip"],
];

const ofArchives = ARCHIVES.map(
  ([what, archive, says]): FaultCase => ({
    name: `an archive of datasets ${what}, and is not kept`,
    server: path(
      "/datasets/THUDM/LongBench/resolve/main/data.zip",
      (() => {
        const bytes = archive();
        return [
          `HTTP/1.1 200 OK\r\ncontent-type: application/zip\r\ncontent-length: ${bytes.length}\r\n\r\n`,
          bytes,
        ];
      })(),
    ),
    command: ({ origin }: Place) => ["datasets", "fetch", "longbench", "--to", "data", "--base_url", origin],
    exit: 1,
    says: [says, "It was not kept"],
    log: null,
    holds: ({ place }) => {
      const left = readdirSync(join(place.folder, "data")).filter(
        (name) => !name.startsWith("longbench-musique"),
      );
      if (left.length > 0 || existsSync(join(place.folder, "..", "data")))
        throw new Error(`it left ${left.join(", ")}`);
    },
  }),
);

/** A compressed answer within a compressed answer is one of a coding that nobody asked for. */
const nested: FaultCase = {
  name: "a chat is packed twice, each time to a thousandth",
  server: chats(body("gzip, gzip", gzipSync(gzipSync(Buffer.alloc(2 ** 24))))),
  command: oneRequest(),
  exit: 1,
  says: ["can't be read"],
  log: ["error"],
};

/** What is far larger than it looks. */
export const BOMBS: readonly FaultCase[] = [...ofServers, ...ofFiles, ...ofArchives, nested];
