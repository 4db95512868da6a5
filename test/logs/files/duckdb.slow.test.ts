import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { REPORT_ROWS } from "../../report/report-rows.js";
import { bucketServer } from "../bucket.js";
import { jsonl, ttftLine } from "../ttft-row.js";

/** DuckDB from npm, and the extension for S3 of the same version from PyPI. */
const [DUCKDB, HTTPFS] = ["@duckdb/node-api@1.5.5-r.5", "duckdb-extension-httpfs==1.5.5"];
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

let withoutHttpfs: string | null = null;

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
    run("python3", ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", "wheel", HTTPFS]);
    const [wheel] = readdirSync(join(folder, "wheel"));
    run("python3", ["-m", "zipfile", "-e", join("wheel", wheel!), "wheel"]);
  } catch (error) {
    withoutHttpfs = `${HTTPFS} could not be had from PyPI: ${(error as Error).message}`;
    if (process.env.FIRSTTOKEN_REQUIRE_ALL === "1") throw new Error(withoutHttpfs);
    console.warn(`Skipped: ${withoutHttpfs}`);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the packed library beside DuckDB", () => {
  it("says what to install where DuckDB is not", async ({ expect }) => {
    const text = `import { ttft } from "firsttoken"; await ttft.read("a.parquet").catch((e) => console.log(e.name + ": " + e.message));`;
    expect(await program("without.mjs", text)).toBe(
      "LogError: To read a.parquet, install DuckDB beside this package: npm install @duckdb/node-api.\n",
    );
    run("npm", ["install", "--prefer-offline", DUCKDB]);
  });

  it("reads from Parquet what it reads from JSONL, and reports and summarises it", async ({ expect }) => {
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

  it("has null for NaN and seconds for durations, and knows Parquet by its content", async ({ expect }) => {
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

  it("reads from S3, and keeps the key out of errors", async ({ expect, skip }) => {
    if (withoutHttpfs !== null) return skip(withoutHttpfs);
    const { url, server } = await bucketServer(bucket);
    const text = `
      import { cpSync, readdirSync } from "node:fs";
      import { DuckDBInstance } from "@duckdb/node-api";
      import { ttft } from "firsttoken";
      const connection = await (await DuckDBInstance.create(":memory:")).connect();
      const [[platform]] = (await connection.runAndReadAll("PRAGMA platform")).getRows();
      const extensions = "wheel/duckdb_extension_httpfs/extensions/v1.5.5";
      cpSync(extensions, \`.duckdb/extensions/v1.5.5/\${platform}\`, { recursive: true });
      for (const name of ["ttft.parquet", "ttft.jsonl", "tt*.parquet"]) console.log((await ttft.read("s3://b/" + name)).length);
      await ttft.read("s3://b/none.jsonl").catch((error) => console.log(error.name, error.message));`;
    try {
      const out = await program("s3.mjs", text, {
        AWS_ENDPOINT_URL: url,
        AWS_ACCESS_KEY_ID: "me",
        AWS_SECRET_ACCESS_KEY: KEY,
        AWS_REGION: "eu-west-1",
      });
      expect(out.split("\n").slice(0, 3)).toEqual(["5000", "5000", "5000"]);
      expect(out).toContain("LogError Can't read s3://b/none.jsonl with DuckDB: ");
      expect(out).not.toContain(KEY);
    } finally {
      server.close();
    }
  });
});
