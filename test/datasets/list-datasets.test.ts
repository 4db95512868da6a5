import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SOURCE_NAMES } from "../../src/datasets/dataset-sources.js";
import { DATASET_NAMES } from "../../src/datasets/datasets.js";
import { fetchDataset } from "../../src/datasets/fetch-dataset.js";
import { listDatasets } from "../../src/datasets/list-datasets.js";
import { firsttokenHere } from "../support/cli-here.js";
import { fileServer, serve } from "../support/file-server.js";
import { temporaryFolder } from "../support/temporary-files.js";

const folder = temporaryFolder();

describe("the list of datasets", () => {
  it("has every name that quality takes and every name that is fetched, once", () => {
    const names = listDatasets(folder).map(({ name }) => name);
    expect([...names].sort()).toEqual([...new Set([...DATASET_NAMES, ...SOURCE_NAMES])].sort());
  });

  it("tells the size of each bundled sample by the file in the package", () => {
    const sizes = readdirSync(new URL("../../datasets/", import.meta.url)).map(
      (file) => readFileSync(new URL(`../../datasets/${file}`, import.meta.url)).length,
    );
    for (const { name, kind, sampleBytes } of listDatasets(folder)) {
      if (kind === "published") expect(sizes, name).toContain(sampleBytes);
      else expect(sampleBytes, name).toBeNull();
    }
  });

  it("tells what was fetched, by a fetch, and shows it on the command line", async () => {
    const body = Buffer.from(`[${" ".repeat(1_234_567)}]`);
    const { url } = await fileServer((response, request) => serve(response, request, { body, etag: '"v"' }));
    const { files } = await fetchDataset("2wikimqa", { to: folder, baseUrl: url });
    const [first] = listDatasets(folder);
    expect(first).toMatchObject({ name: "2wikimqa", licence: "Apache-2.0" });
    expect(first?.fetched).toEqual([{ path: files[0]?.path, bytes: body.length }]);
    const { code, stdout } = await firsttokenHere(["datasets", "list", "--out_dir", folder]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${join(folder, "2wikimqa-dev.json")}, 1 MB`);
    expect(stdout).toMatch(
      /\nsamsum\n {2}dialogue summary · schema .* · CC BY-NC-ND 4.0.*\n {2}bundled sample, 4 kB\n {2}not fetched\n/,
    );
    expect(stdout).toMatch(/\nneedle\n {2}question answering · generated from --seed\n/);
    const { stdout: json } = await firsttokenHere(["datasets", "list", "--out_dir", folder, "--json"]);
    expect(JSON.parse(json)).toEqual(listDatasets(folder));
  });

  it("counts no folder as a fetched file", () => {
    writeFileSync(join(folder, "samsum-test.csv"), "x");
    expect(listDatasets(join(folder, "none")).flatMap(({ fetched }) => fetched)).toEqual([]);
  });
});

describe("firsttoken datasets fetch", () => {
  it("shows a bar of the megabytes of a large file", async () => {
    const body = Buffer.alloc(3_000_000, 32);
    const { url } = await fileServer((response, request) => serve(response, request, { body, etag: '"v"' }));
    const to = join(folder, "bar");
    const { code, stderr } = await firsttokenHere([
      "datasets",
      "fetch",
      "hotpotqa",
      "--out_dir",
      to,
      "--mirror",
      url,
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/hotpot_dev_distractor_v1\.json, MB:.*3.*3/);
  });
});
