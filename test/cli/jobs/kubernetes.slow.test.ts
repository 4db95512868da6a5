import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { yaml } from "../../../src/launch/jobs/yaml.js";
import { firsttoken, jsonLines } from "../../support/cli.js";
import { containerOf, expanded, type Manifest, readManifests } from "../../support/manifests.js";

const folder = mkdtempSync(join(tmpdir(), "kubernetes-"));
const run = (command: string, args: readonly string[], input = "") =>
  execFileSync(command, args, { cwd: folder, encoding: "utf8", input, stdio: ["pipe", "pipe", "pipe"] });
const python = join(folder, "venv/bin/python");

beforeAll(() => {
  run("python3", ["-m", "venv", "venv"]);
  run(python, ["-m", "pip", "install", "--quiet", "kubernetes-validate==1.33.1", "PyYAML==6.0.3"]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SHARED = ["launch", "kubernetes", "--image", "firsttoken:1", "--shards", "2"];

describe("manifests of a run in parts", () => {
  it.each([
    [
      "with logs in a bucket",
      [
        ...[
          "--env_from",
          "s3",
          "--service_account",
          "lab",
          "--",
          "sweep",
          "--api_base",
          "http://vllm:8000/v1",
        ],
        ...["--out_dir", "s3://bucket/run"],
      ],
    ],
    ["with a volume of their own", ["--", "sweep", "--api_base", "http://vllm:8000/v1"]],
    [
      "with everything",
      [
        ...[
          "--claim",
          "logs",
          "--secret",
          "server/api.key",
          "--cpus",
          "2",
          "--memory_gib",
          "4",
          "--namespace",
          "lab",
        ],
        ...[
          "--deadline_seconds",
          "60",
          "--retries",
          "0",
          "--parallel",
          "1",
          "--",
          "quality",
          "--model",
          "tiny",
        ],
      ],
    ],
  ])("are valid by Kubernetes' own schemas, %s", async (_, args) => {
    const { stdout } = await firsttoken([...SHARED, ...args]);
    const file = join(folder, "run.yaml");
    writeFileSync(file, stdout);
    const validate = join(folder, "venv/bin/kubernetes-validate");
    expect(run(validate, ["--kubernetes-version", "1.33", "--strict", file])).toContain(
      "passed for resource",
    );
    writeFileSync(file, stdout.replace("completionMode", "completionsMode"));
    expect(() => run(validate, ["--kubernetes-version", "1.33", "--strict", file])).toThrow("Command failed");
  });

  it("are read back by PyYAML as they were written, whatever is in a text", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom(..."'\"\\$:#-?{}[]&*!|>%@`,\n\t yYnN0~=<\u0085\ufeff") }),
      fc.constantFrom(
        "yes",
        "No",
        "on",
        "null",
        "~",
        "1",
        "0x1f",
        "1_000",
        "12:30:45",
        "2026-01-01",
        ".inf",
        "<<",
      ),
    );
    const dump = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin.buffer.read()), sys.stdout)";
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 100 }), (texts) => {
        const value = { texts, map: [{ first: texts[0]!, second: [texts.at(-1)!] }] };
        expect(JSON.parse(run(python, ["-c", dump], yaml(value)))).toEqual(value);
      }),
      { numRuns: 20 },
    );
  });

  it("measure what one machine does, when their containers have run", async () => {
    const quality = ["quality", "--model", "tiny", "--dataset", "multihop", "--samples", "5", "--no-aa"];
    const { stdout } = await firsttoken([...SHARED, "--", ...quality, "--out", "run.jsonl"]);
    const { parts, report } = readManifests(stdout);
    const container = async (job: Manifest, environment = {}) => {
      const { args, env = [] } = containerOf(job);
      const given = Object.fromEntries(env.map(({ name, value = "" }) => [name, value]));
      const words = args.map((word) => expanded(word, given));
      return firsttoken(words, { cwd: folder, environment: { ...given, ...environment } });
    };
    for (let index = 0; index < parts.spec.completions; index++) {
      const { code, stderr } = await container(parts, { JOB_COMPLETION_INDEX: String(index) });
      expect(code, stderr).toBe(0);
    }
    expect((await container(report)).code).toBe(0);
    expect(existsSync(join(folder, "run", "report.html"))).toBe(true);
    await firsttoken([...quality, "--out", "alone.jsonl"], { cwd: folder });
    const answers = (...logs: readonly string[]) =>
      logs
        .flatMap((log) => jsonLines(readFileSync(join(folder, log), "utf8")))
        .map(({ example_id, label, prediction, score }) =>
          JSON.stringify([example_id, label, prediction, score]),
        )
        .sort();
    expect(answers("run/shard=0/log.jsonl", "run/shard=1/log.jsonl")).toEqual(answers("alone.jsonl"));
  });
});
