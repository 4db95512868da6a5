import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { serveMock } from "../../../src/mock/serve-mock.js";
import { REPORT_ROWS } from "../../report/report-rows.js";
import { missingMoto, type S3Server, startS3 } from "../../support/s3-server.js";
import { jsonl, ttftLine } from "../ttft-row.js";

/** DuckDB from npm, and its extensions for S3 and for profiles of the same version from PyPI. */
const DUCKDB = "@duckdb/node-api@1.5.5-r.5";
const EXTENSIONS = ["duckdb-extension-httpfs==1.5.5", "duckdb-extension-aws==1.5.5"];
const KEY = "a-very-secret-access-key";

const root = resolve(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "duckdb-"));
const bucket = join(folder, "bucket");
const run = (command: string, args: readonly string[]) =>
  execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Runs a program in the consumer's project, without blocking the bucket it may read from. */
const program = (name: string, text: string, environment: Readonly<Record<string, string>> = {}) =>
  new Promise<string>((done, failed) => {
    writeFileSync(join(folder, name), text);
    const child = spawn(process.execPath, [name], {
      cwd: folder,
      env: { ...process.env, HOME: folder, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (data: Buffer) => (out += data.toString()));
    child.stderr.on("data", (data: Buffer) => (err += data.toString()));
    child.on("close", (code) => (code === 0 ? done(out) : failed(new Error(err))));
  });

/** Why the tests of S3 are skipped, or null. */
let withoutS3: string | null = null;

beforeAll(async () => {
  mkdirSync(bucket);
  const lines = Array.from({ length: 5_000 }, (_, i) =>
    ttftLine({ ttft_seconds: Math.sqrt(i + 2) / 7, gpu: "L4" }),
  );
  writeFileSync(join(bucket, "ttft.jsonl"), jsonl(...lines));
  writeFileSync(join(bucket, "quality.jsonl"), jsonl(...REPORT_ROWS.quality));
  writeFileSync(join(folder, "package.json"), `{ "name": "consumer", "private": true }`);
  execFileSync("npm", ["pack", "--pack-destination", folder], { cwd: root, stdio: "ignore" });
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
  run("npm", ["install", "--prefer-offline", `./${tarball}`]);
  try {
    run("python3", ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", "wheel", ...EXTENSIONS]);
    for (const wheel of readdirSync(join(folder, "wheel")))
      run("python3", ["-m", "zipfile", "-e", join("wheel", wheel), "wheel"]);
    withoutS3 = missingMoto();
  } catch (error) {
    withoutS3 = `${EXTENSIONS.join(", ")}: ${(error as Error).message}`;
  }
  if (withoutS3 === null) return;
  withoutS3 = `What stands for S3 could not be had from PyPI: ${withoutS3}`;
  if (process.env.FIRSTTOKEN_REQUIRE_ALL === "1") throw new Error(withoutS3);
  console.warn(`Skipped: ${withoutS3}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the packed library beside DuckDB", () => {
  it("says what to install where DuckDB is not", async () => {
    const text = `import { ttft } from "firsttoken"; await ttft.read("a.parquet").catch((e) => console.log(e.name + ": " + e.message));`;
    expect(await program("without.mjs", text)).toBe(
      "LogError: To read a.parquet, install DuckDB beside this package: npm install @duckdb/node-api.\n",
    );
    run("npm", ["install", "--prefer-offline", DUCKDB]);
  });

  it("reads from Parquet what it reads from JSONL, and reports and summarises it", async () => {
    const text = `
      import { isDeepStrictEqual } from "node:util";
      import { DuckDBInstance } from "@duckdb/node-api";
      import { quality, ttft } from "firsttoken";
      const connection = await (await DuckDBInstance.create(":memory:")).connect();
      for (const kind of ["ttft", "quality"]) {
        await connection.run(\`COPY (SELECT * FROM read_json_auto('bucket/\${kind}.jsonl')) TO 'bucket/\${kind}.parquet' (FORMAT parquet)\`);
      }
      const measured = (rows) => rows.map(({ log_path, ...row }) => row);
      const same = async (api, name) =>
        isDeepStrictEqual(measured(await api.read(\`bucket/\${name}.jsonl\`)), measured(await api.read(\`bucket/\${name}.parquet\`)));
      const lines = await ttft.summarise("bucket/ttft.jsonl");
      const rows = await ttft.summarise("bucket/t*.parquet");
      console.log(await same(ttft, "ttft"), await same(quality, "quality"), isDeepStrictEqual(lines, rows), rows[0].n);`;
    expect(await program("parquet.mjs", text)).toBe("true true true 5000\n");
    const report = run("npx", ["firsttoken", "report", "bucket/*.parquet", "--json"]);
    expect(Object.keys(JSON.parse(report))).toEqual(["compared", "ttft", "quality", "warnings"]);
  });

  it("writes Parquet that reads as the same rows, with the kind and the units in its metadata", async ({
    expect,
  }) => {
    const odd = ttftLine({
      prompt: "\0 '\"\\ \u2028",
      ttft_seconds: 5e-324,
      cached_tokens: 2 ** 53,
      label: "",
    });
    writeFileSync(
      join(bucket, "odd.jsonl"),
      jsonl(
        { ...odd, gpu: "L4", 'a"b,': 1, mixed: [1, "a"], ratio: 1 / 3, fast: true },
        ttftLine({ gpu: "L4", 'a"b,': 2, mixed: { a: null }, ratio: 0.1 + 0.2, fast: false, label: "A" }),
      ),
    );
    const text = `
      import { isDeepStrictEqual } from "node:util";
      import { DuckDBInstance } from "@duckdb/node-api";
      import { logs, quality, ttft } from "firsttoken";
      const measured = (rows) => rows.map(({ log_path, ...row }) => row);
      for (const [api, name] of [[ttft, "odd"], [quality, "quality"]]) {
        await logs.convert(\`bucket/\${name}.jsonl\`, { to: "parquet", out: \`\${name}-made.parquet\` });
        const [before, after] = [await api.read(\`bucket/\${name}.jsonl\`), await api.read(\`\${name}-made.parquet\`)];
        console.log(before.length, isDeepStrictEqual(measured(before), measured(after)));
      }
      const connection = await (await DuckDBInstance.create(":memory:")).connect();
      const told = await connection.runAndReadAll("SELECT decode(key), decode(value) FROM parquet_kv_metadata('odd-made.parquet')");
      const { firsttoken_kind, firsttoken_units, firsttoken_columns } = Object.fromEntries(told.getRows());
      console.log(firsttoken_kind, JSON.parse(firsttoken_units).ttft_seconds, JSON.parse(firsttoken_units).context_tokens, JSON.parse(firsttoken_columns).outcome.meaning.slice(0, 21));`;
    expect(await program("made.mjs", text)).toBe("2 true\n16 true\nttft s tokens how the request ended\n");
  });

  it("writes a folder by columns that reads and reports as the log, whatever the values look like", async () => {
    const labels = ["7", "A/B=15% é", "", "1e5", "a'b\"c", " x", "true", "2026-03-01"];
    const rows = labels.flatMap((label, i) =>
      [64, 128].map((context_target) =>
        ttftLine({ label, model: i === 0 ? null : label, context_target, trial: i + 1, ratio: i / 3 }),
      ),
    );
    writeFileSync(join(bucket, "labels.jsonl"), jsonl(...rows));
    const text = `
      import { isDeepStrictEqual } from "node:util";
      import { logs, ttft } from "firsttoken";
      const columns = ({ log_path, ...row }) => JSON.stringify(Object.entries(row).sort());
      const read = async (path) => (await ttft.read(path, { onProblem() {} })).map(columns).sort();
      for (const partitionBy of [["label", "context_target"], ["model", "outcome", "ttft_seconds"]]) {
        const { files } = await logs.convert("bucket/labels.jsonl", { to: "parquet", out: "new/deep/by", partitionBy, overwrite: true });
        const same = isDeepStrictEqual(await read("bucket/labels.jsonl"), await read("new/deep/by"));
        console.log(files.length > 1, same);
      }`;
    expect(await program("by.mjs", text)).toBe("true true\n".repeat(2));
    const report = (path: string) => {
      const { ttft } = JSON.parse(run("npx", ["firsttoken", "report", path, "--json"]));
      return (ttft as readonly object[]).map((row) => JSON.stringify(row)).sort();
    };
    expect(report("new/deep/by")).toEqual(report("bucket/labels.jsonl"));
  });

  it("summarises loads to what the table of the same rows says, in little memory, and leaves nothing behind", async () => {
    const text = readFileSync(join(root, "test/support/load-summaries.mjs"), "utf8");
    const spill = mkdtempSync(join(folder, "spill-"));
    expect(await program("summaries.mjs", text, { TMPDIR: spill })).toBe("the same\n");
    expect(readdirSync(spill)).toEqual([]);
  });

  it("has null for NaN and seconds for durations, and knows Parquet by its content", async () => {
    const text = `
      import { DuckDBInstance } from "@duckdb/node-api";
      import { ttft } from "firsttoken";
      const connection = await (await DuckDBInstance.create(":memory:")).connect();
      const columns = [
        "INTERVAL '0.5 seconds' AS ttft_seconds, TIME '00:00:00.75' AS e2e_seconds",
        "'NaN'::DOUBLE AS ttft_seconds, 'inf'::FLOAT AS e2e_seconds",
        "0.25::DECIMAL(10, 4) AS ttft_seconds, NULL::DOUBLE AS e2e_seconds",
      ];
      for (const [index, some] of columns.entries()) {
        await connection.run(\`COPY (SELECT 1 AS run_index, 1000 AS context_tokens, \${some}) TO 'odd-\${index}.jsonl' (FORMAT parquet)\`);
        const [row] = await ttft.read(\`odd-\${index}.jsonl\`);
        console.log(row.ttft_seconds, row.e2e_seconds);
      }`;
    expect(await program("odd.mjs", text)).toBe("0.5 0.75\nnull null\n0.25 null\n");
  });
});

describe("logs on S3", () => {
  let s3: S3Server;
  let mock: Awaited<ReturnType<typeof serveMock>>;
  const copies = join(folder, "copies");
  const environment = (): Record<string, string> => ({
    AWS_ENDPOINT_URL: s3.url,
    AWS_ACCESS_KEY_ID: "me",
    AWS_SECRET_ACCESS_KEY: KEY,
    AWS_REGION: "eu-west-1",
    FIRSTTOKEN_S3_COPIES: copies,
  });
  const here = (text: string) => program("s3.mjs", text, environment());
  /** Runs the command line; its exit code and all it printed. */
  const firsttoken = (...args: string[]) => firsttokenWith(copies, args);
  const firsttokenWith = (FIRSTTOKEN_S3_COPIES: string, args: readonly string[]) =>
    new Promise<{ readonly code: number | null; readonly text: string; readonly out: string }>((done) => {
      const bin = join(folder, "node_modules", "firsttoken", "dist", "cli", "bin.js");
      const child = spawn(process.execPath, [bin, ...args], {
        cwd: folder,
        env: { ...process.env, HOME: folder, ...environment(), FIRSTTOKEN_S3_COPIES },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let [text, out] = ["", ""];
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
      child.stdout.on("data", (data) => (out += data));
      child.on("close", (code) => done({ code, text, out }));
    });
  const sweepFrom = (folderOfCopies: string, ...args: string[]) => {
    const asked = ["--api_base", mock.url, "--context_sizes", "100,200", "--runs", "2"];
    return firsttokenWith(join(folder, folderOfCopies), ["sweep", ...asked, ...args]);
  };
  const sweep = (...args: string[]) => sweepFrom("copies", ...args);
  /** The rows of the table of TTFT in the report. */
  const table = async (...logs: string[]): Promise<readonly Record<string, unknown>[]> => {
    const { code, text, out } = await firsttoken("report", ...logs, "--json");
    if (code !== 0) throw new Error(text);
    return JSON.parse(out).ttft;
  };

  beforeAll(async () => {
    if (withoutS3 !== null) return;
    [s3, mock] = await Promise.all([startS3("logs"), serveMock()]);
    await program(
      "extension.mjs",
      `import { cpSync } from "node:fs";
      import { DuckDBInstance } from "@duckdb/node-api";
      const connection = await (await DuckDBInstance.create(":memory:")).connect();
      const [[platform]] = (await connection.runAndReadAll("PRAGMA platform")).getRows();
      const [[version]] = (await connection.runAndReadAll("SELECT version()")).getRows();
      for (const name of ["httpfs", "aws"]) {
        const from = "wheel/duckdb_extension_" + name + "/extensions/" + version;
        cpSync(from, \`.duckdb/extensions/\${version}/\${platform}\`, { recursive: true });
      }`,
    );
  });
  afterAll(async () => {
    await mock?.close();
    await s3?.stop();
  });
  beforeEach(({ skip }) => {
    if (withoutS3 !== null) skip(withoutS3);
    s3.fail("slow", 0, /^/);
  });

  it("are read alone, by patterns and as folders, Parquet and other tools' results among them", async () => {
    const foreign = resolve(root, "test/fixtures/foreign/vllm-bench/serve.json");
    const text = `
      import { DuckDBInstance } from "@duckdb/node-api";
      import { load, ttft } from "firsttoken";
      const connection = await (await DuckDBInstance.create(":memory:")).connect();
      const { hostname, port } = new URL(process.env.AWS_ENDPOINT_URL);
      await connection.run(\`CREATE SECRET (TYPE s3, KEY_ID 'a', SECRET 'b', REGION 'eu-west-1', URL_STYLE 'path', USE_SSL false, ENDPOINT '\${hostname}:\${port}')\`);
      const put = (from, to) => connection.run(\`COPY (SELECT content FROM read_blob('\${from}')) TO 's3://logs/\${to}' (FORMAT blob)\`);
      for (const name of ["ttft.jsonl", "ttft.parquet", "quality.jsonl"]) await put("bucket/" + name, "read/" + name);
      await put(${JSON.stringify(foreign)}, "read/below/serve.json");
      const read = async (api, path) => console.log((await api.read("s3://logs/" + path)).length);
      for (const path of ["read/ttft.parquet", "read/ttft.jsonl", "read/tt*.parquet"]) await read(ttft, path);
      await read(load, "read/below/serve.json");
      await read(load, "read/");
      console.log((await ttft.summarise("s3://logs/read/t*.jsonl"))[0].n);
      for (const path of ["read/none.jsonl", "none/*.jsonl", "none/"]) await ttft.read("s3://logs/" + path).catch((error) => console.log(error.message));`;
    const requests = JSON.parse(readFileSync(foreign, "utf8")).ttfts.length;
    expect((await here(text)).trim().split("\n")).toEqual([
      ...["5000", "5000", "5000", `${requests}`, `${requests}`, "5000"],
      "There is nothing on S3 at s3://logs/read/none.jsonl.",
      "Nothing on S3 matches s3://logs/none/*.jsonl.",
      "There is nothing on S3 at s3://logs/none.",
    ]);
  });

  it("are written, refused where they are there, resumed, and leave no copy", async () => {
    const first = await sweep("--out_dir", "s3://logs/sweep");
    expect(first.text).toContain("Stored: s3://logs/sweep/all_ttft_results.jsonl");
    const before = await table("s3://logs/sweep/");
    const again = await sweep("--out_dir", "s3://logs/sweep");
    expect(again.text).toContain(
      "s3://logs/sweep/all_ttft_results.jsonl exists already: continue it with --resume",
    );
    const resumed = await sweep("--out_dir", "s3://logs/sweep/", "--resume");
    expect([first.code, again.code, resumed.code]).toEqual([0, 1, 0]);
    expect(await table("s3://logs/sweep/all_ttft_results.jsonl")).toEqual(before);
    expect(readdirSync(copies)).toEqual([]);
  });

  it("of a run in parts are one run, which is refused while a part is missing", async () => {
    await sweep("--out_dir", "s3://logs/run", "--shard", "0/2");
    await expect(table("s3://logs/run")).rejects.toThrow("s3://logs/run lacks 2 of 4 cells");
    await sweep("--out_dir", "s3://logs/run", "--shard", "1/2");
    expect((await table("s3://logs/run")).map((row) => row.context_tokens)).toEqual([100, 200]);
  });

  it.each([
    "503",
    "cut",
    "slow",
  ] as const)("are stored in spite of some requests that end with %s", async (fault) => {
    s3.fail(fault, 2, /^PUT/);
    const { code, text } = await sweep("--out_dir", `s3://logs/${fault}`);
    expect(text).not.toContain(KEY);
    expect(code).toBe(0);
    expect(s3.asked.filter((line) => line.startsWith("PUT") && line.endsWith(fault))).toHaveLength(2);
  });

  it.each([
    "503",
    "cut",
  ] as const)("are kept here where S3 takes nothing (%s), and stored by the next run", async (fault) => {
    s3.fail(fault, 1_000, /^PUT/);
    const { code, text } = await sweep("--out_dir", `s3://logs/kept-${fault}`);
    const path = join(copies, `logs/kept-${fault}/all_ttft_results.jsonl`);
    expect(code).toBe(1);
    expect(text).toContain(`Everything is kept in ${path}`);
    expect(readFileSync(path, "utf8").trim().split("\n")).toHaveLength(8);
    s3.fail(fault, 0, /^/);
    await sweep("--out_dir", `s3://logs/kept-${fault}`, "--resume");
    expect(existsSync(path)).toBe(false);
    expect(await table(`s3://logs/kept-${fault}/`)).toHaveLength(2);
  });

  it("are not written over what another machine has stored meanwhile", async () => {
    s3.fail("cut", 1_000, /^PUT/);
    await sweep("--out_dir", "s3://logs/both");
    s3.fail("cut", 0, /^/);
    const elsewhere = await sweepFrom("elsewhere", "--out_dir", "s3://logs/both");
    const { code, text } = await sweep("--out_dir", "s3://logs/both", "--resume");
    expect([elsewhere.code, code]).toEqual([0, 1]);
    expect(text).toContain("s3://logs/both/all_ttft_results.jsonl was written by another run");
    expect(existsSync(join(copies, "logs/both/all_ttft_results.jsonl"))).toBe(true);
  });

  it("are converted and reported there, and kept here where S3 takes nothing", async () => {
    const to = ["--to", "parquet", "--partition_by", "label,context_target", "--out", "s3://logs/rows"];
    writeFileSync(
      join(bucket, "two.jsonl"),
      jsonl(...["A/B é", "B"].map((label) => ttftLine({ label, context_target: 64 }))),
    );
    const convert = (...more: string[]) => firsttoken("convert", "bucket/two.jsonl", ...to, ...more);
    s3.fail("503", 1_000, /^PUT/);
    const failed = await convert();
    const kept = join(copies, ".made/logs/rows");
    expect([failed.code, existsSync(kept)]).toEqual([1, true]);
    expect(failed.text).toContain(`Everything is kept in ${kept}`);
    s3.fail("503", 0, /^/);
    const made = await convert();
    expect([made.code, existsSync(kept)]).toEqual([0, false]);
    expect(made.out.trim().split("\n")).toHaveLength(2);
    const again = await convert();
    expect([again.code, again.text.includes("exists already")]).toEqual([1, true]);
    expect((await convert("--overwrite")).code).toBe(0);
    expect((await table("s3://logs/rows/")).map(({ label }) => label)).toEqual(["A/B é", "B"]);
    const page = "s3://logs/rows/report.html";
    expect((await firsttoken("report", "s3://logs/rows/", "--out", page)).code).toBe(0);
    expect(s3.asked.some((line) => line.startsWith("PUT /logs/rows/report.html"))).toBe(true);
  });

  it("are stored in little memory however long they are", async () => {
    const line = JSON.stringify({ ...ttftLine({}), prompt: "x".repeat(10_000) });
    const text = `
      import { appendFileSync, readFileSync, statSync } from "node:fs";
      import { createHash } from "node:crypto";
      import { writtenPath, writtenToS3 } from "./node_modules/firsttoken/dist/logs/duckdb/written-copy.js";
      const path = writtenPath("s3://logs/long.jsonl");
      const block = (${JSON.stringify(line)} + "\\n").repeat(200);
      const hash = createHash("sha256");
      await writtenToS3("s3://logs/long.jsonl", async () => {
        for (let i = 0; i < 60; i++) { appendFileSync(path, block); hash.update(block); }
      });
      const peak = Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
      console.log(hash.digest("hex"), peak < 300);`;
    const [told, isSmall] = (
      await program("long.mjs", text, { ...environment(), NODE_OPTIONS: "--max-old-space-size=64" })
    )
      .trim()
      .split(" ");
    const stored = Buffer.from(await (await fetch(`${s3.url}/logs/long.jsonl`)).arrayBuffer());
    expect(stored.length).toBeGreaterThan(120_000_000);
    expect([createHash("sha256").update(stored).digest("hex"), isSmall]).toEqual([told, "true"]);
  });

  it("are reached with the key, the profile or the role that the environment names", async () => {
    writeFileSync(
      join(folder, "credentials"),
      ["default", "lab"]
        .map((name) => `[${name}]\naws_access_key_id = ${name}-id\naws_secret_access_key = s\n`)
        .join(""),
    );
    const roles = createServer((_, answer) => {
      const role = {
        AccessKeyId: "role-id",
        SecretAccessKey: "s",
        Token: "t",
        Expiration: "2100-01-01T00:00:00Z",
      };
      answer.setHeader("content-type", "application/json").end(JSON.stringify(role));
    });
    await once(roles.listen(0, "127.0.0.1"), "listening");
    const { port } = roles.address() as AddressInfo;
    const text = `
      import { listObjects } from "./node_modules/firsttoken/dist/logs/duckdb/s3-objects.js";
      await listObjects("s3://logs/none/*").catch((error) => console.log(error.message));`;
    const file = { AWS_SHARED_CREDENTIALS_FILE: join(folder, "credentials") };
    const unset = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
    const keyOf = async (own: Readonly<Record<string, string>>) => {
      s3.keys.clear();
      const said = await program("key.mjs", text, { ...environment(), ...own });
      return said || [...s3.keys].join();
    };
    try {
      expect(await keyOf({})).toBe("me");
      expect(await keyOf({ ...unset, ...file })).toBe("default-id");
      expect(await keyOf({ ...unset, ...file, AWS_PROFILE: "lab" })).toBe("lab-id");
      const role = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/` };
      expect(await keyOf({ ...unset, ...role })).toBe("role-id");
      expect(await keyOf({ ...unset, ...file, AWS_PROFILE: "none" })).toContain(
        "no key was found with what the environment names (AWS_PROFILE",
      );
    } finally {
      roles.close();
    }
  });

  it("are written by the library too", async () => {
    const text = `
      import { connect, ttft } from "firsttoken";
      const server = await connect("${mock.url}");
      const rows = await ttft.run({ server, contextTokens: [100], runs: 1, log: "s3://logs/library.jsonl" });
      server.close();
      console.log(rows.length, (await ttft.read("s3://logs/library.jsonl")).length);`;
    expect(await here(text)).toBe("2 2\n");
  });
});
