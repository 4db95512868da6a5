import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SOURCES } from "../../src/datasets/dataset-sources.js";
import { type FetchOptions, fetchDataset } from "../../src/datasets/fetch-dataset.js";
import { loadDataset } from "../../src/datasets/load-dataset.js";
import type { DownloadError } from "../../src/download/download-error.js";
import { fileServer, serve } from "../support/file-server.js";
import { makeZip } from "../support/make-zip.js";
import { temporaryFolder } from "../support/temporary-files.js";

const folder = temporaryFolder();
const read = (name: string) => readFileSync(new URL(`../../datasets/${name}`, import.meta.url));

// longbench.zip was made by Python 3.11's zipfile of the bundled samples and two items written for it.

/** Serves bodies by the end of the asked path, and nothing else. */
const mirror = (bodies: Readonly<Record<string, Buffer>>) =>
  fileServer((response, request) => {
    const found = Object.entries(bodies).find(([end]) => request.url.endsWith(end));
    if (found === undefined) response.writeHead(404).end();
    else serve(response, request, { body: found[1], etag: '"v1"' });
  });

describe("fetchDataset", () => {
  it("fetches a dataset from a mirror with the publisher's paths, to be loaded from there", async () => {
    const { url, requests } = await mirror({ "dev.json": read("2wikimqa-sample.json") });
    const to = join(folder, "new", "data");
    const fetched = await fetchDataset("2wikimqa", { to, baseUrl: `${url}/` });
    expect(requests.map((request) => request.url)).toEqual([
      "/datasets/voidful/2WikiMultihopQA/resolve/main/dev.json",
    ]);
    expect(fetched).toMatchObject({ name: "2wikimqa", licence: "Apache-2.0" });
    expect(fetched.files).toMatchObject([
      { path: join(to, "2wikimqa-dev.json"), verified: "length", how: "fetched" },
    ]);
    expect(await loadDataset(fetched.files[0]!.path)).toEqual(await loadDataset("2wikimqa"));
  });

  it("fetches the two files of Multi-News so that they are read as one", async () => {
    const { url } = await mirror({
      "test.src.cleaned": Buffer.from("One. NEWLINE_CHAR More. ||||| Two.\n"),
      "test.tgt": Buffer.from("– Both.\n"),
    });
    const { files } = await fetchDataset("multinews", { to: folder, baseUrl: url });
    const [example] = await loadDataset(files[0]!.path);
    expect(example).toMatchObject({ dataset: "multinews", references: ["– Both."] });
    expect(example?.passages).toHaveLength(2);
  });

  it("does not fetch again what it has fetched, and never replaces what it has not", async () => {
    const { url, requests } = await mirror({ "test.csv": read("samsum-sample.csv") });
    const to = join(folder, "samsum");
    const get = () => fetchDataset("samsum", { to, baseUrl: url });
    const first = await get();
    const again = await get();
    expect(again.files).toEqual([{ ...first.files[0], verified: "digest", how: "already there" }]);
    expect(requests).toHaveLength(1);
    writeFileSync(join(to, "samsum-test.csv"), "my own file");
    await expect(get()).rejects.toThrow("exists already and differs from what");
    expect(readFileSync(join(to, "samsum-test.csv"), "utf8")).toBe("my own file");
  });

  it("unpacks the files of LongBench it can use", async () => {
    const archive = readFileSync(new URL("../fixtures/datasets/longbench.zip", import.meta.url));
    const { url } = await mirror({ "data.zip": archive });
    const to = join(folder, "longbench");
    const { files } = await fetchDataset("longbench", { to, baseUrl: url });
    expect(files.map(({ path, how }) => [path.slice(to.length + 1), how])).toEqual([
      ["longbench-data.zip", "fetched"],
      ["longbench-2wikimqa.jsonl", "unpacked"],
      ["longbench-musique.jsonl", "unpacked"],
      ["longbench-hotpotqa.jsonl", "unpacked"],
      ["longbench-narrativeqa.jsonl", "unpacked"],
      ["longbench-samsum.jsonl", "unpacked"],
      ["longbench-multi_news.jsonl", "unpacked"],
    ]);
    const read = await Promise.all(files.slice(1).map(({ path }) => loadDataset(path)));
    expect(read.map(([example]) => example?.dataset)).toEqual([
      "2wikimqa",
      "musique",
      "hotpotqa",
      "narrativeqa",
      "samsum",
      "multinews",
    ]);
  });

  it("does not keep an archive that is broken, a bomb, or without its files, and fetches it again", async () => {
    const archive = readFileSync(new URL("../fixtures/datasets/longbench.zip", import.meta.url));
    const broken = Buffer.from(archive).fill(0xff, 60, 90);
    const bomb = makeZip([
      { name: "data/2wikimqa.jsonl", content: Buffer.alloc(2 ** 24), says: { bytes: 9 } },
    ]);
    const cases = [
      [broken, "can't be unpacked"],
      [archive.subarray(0, archive.length - 30), "is an incomplete zip archive"],
      [bomb, "holds more than the 9 bytes it says"],
      [makeZip([{ name: "x", content: Buffer.from("x") }]), "has no file data/2wikimqa.jsonl"],
      [Buffer.from("<html>"), "is an incomplete zip archive"],
    ] as const;
    for (const [index, [body, message]] of cases.entries()) {
      const to = join(folder, `not-kept-${index}`);
      const { url } = await mirror({ "data.zip": body });
      const error = await fetchDataset("longbench", { to, baseUrl: url }).catch((cause: Error) => cause);
      expect(error).toMatchObject({ name: "DownloadError", url: expect.stringContaining(url) });
      expect((error as Error).message).toContain(message);
      expect((error as Error).message).toContain("It was not kept");
      expect(readdirSync(to)).toEqual([]);
      const good = await mirror({ "data.zip": archive });
      const again = await fetchDataset("longbench", { to, baseUrl: good.url });
      expect(again.files.map(({ how }) => how)).toEqual(["fetched", ...Array(6).fill("unpacked")]);
    }
  });

  it("refuses a mirror's file that is not the published one", async () => {
    const { url } = await mirror({ "wikimqa_s.json": Buffer.from("[]") });
    const error = await fetchDataset("cacheblend", { to: folder, baseUrl: url }).catch(
      (cause) => cause as DownloadError,
    );
    expect(error).toMatchObject({ name: "DownloadError", url: expect.stringContaining(url) });
    expect((error as Error).message).toContain(`and not ${SOURCES.cacheblend.files[0]!.digest!.hex}`);
  });

  it("knows a published file by its digest when it was put there by hand", async () => {
    const to = join(folder, "by-hand");
    mkdirSync(to);
    writeFileSync(join(to, "cacheblend-2wikimqa.json"), "not it");
    await expect(fetchDataset("cacheblend", { to })).rejects.toThrow(
      "exists already and differs from what https://raw.",
    );
  });

  it("says where it looked when the mirror does not have it", async () => {
    const { url } = await mirror({});
    await expect(fetchDataset("musique", { to: folder, baseUrl: url })).rejects.toThrow(
      `${url}/datasets/dgslibisey/MuSiQue/resolve/main/musique_ans_v1.0_dev.jsonl could not be fetched: the server answered 404`,
    );
  });

  it.each([
    [
      "squad",
      { to: "x" },
      "name must be one of 2wikimqa, musique, hotpotqa, narrativeqa, samsum, multinews, longbench, cacheblend",
    ],
    ["musique", { to: "" }, "to must be a folder"],
    ["musique", { to: "x", baseUrl: "ftp://x" }, "baseUrl must be an http or https address"],
    [
      "musique",
      { to: "x", baseUrl: "https://me:secret@mirror" },
      'baseUrl must not hold a user name or password; received "…@mirror".',
    ],
    ["musique", { to: "x", tries: 0 }, "tries must be at least 1"],
  ])("refuses %s %o", async (name, options, message) => {
    await expect(fetchDataset(name as "musique", options as FetchOptions)).rejects.toThrow(message);
  });
});
