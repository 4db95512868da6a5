import { describe, expect, it } from "vitest";
import { firsttokenHere } from "../../support/cli-here.js";
import { containerOf, expanded, readManifests } from "../../support/manifests.js";

const launch = (...args: readonly string[]) =>
  firsttokenHere(["launch", "kubernetes", "--image", "firsttoken:1", "--shards", "2", ...args]);
const manifests = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await launch(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return readManifests(stdout);
};
const SWEEP = ["--", "firsttoken", "sweep", "--api_base", "http://vllm:8000/v1"];

describe("firsttoken launch kubernetes", () => {
  it("prints a claim, an indexed job for the parts, and a job for their report that waits", async () => {
    const { claims, parts, report } = await manifests("--namespace", "lab", "--storage_gib", "20", ...SWEEP);
    expect([...claims, parts, report].map(({ kind, metadata }) => [kind, metadata])).toEqual([
      ["PersistentVolumeClaim", { name: "firsttoken-logs", namespace: "lab" }],
      ["Job", { name: "firsttoken", namespace: "lab" }],
      ["Job", { name: "firsttoken-report", namespace: "lab" }],
    ]);
    expect(claims[0]).toHaveProperty("spec.resources.requests.storage", "20Gi");
    expect(parts.spec).toMatchObject({
      ...{ completionMode: "Indexed", completions: 2, parallelism: 2, backoffLimitPerIndex: 3 },
    });
    expect(containerOf(parts).env).toEqual([{ name: "JOB_COMPLETIONS", value: "2" }]);
    expect(report.spec.suspend).toBe(true);
    expect(containerOf(report).args).toEqual([
      "report",
      "./results/ttft",
      "--out",
      "./results/ttft/report.html",
    ]);
  });

  it("names secrets, amounts and limits as they were given", async () => {
    const { claims, parts } = await manifests(
      ...["--claim", "shared", "--secret", "server/api_key", "--cpus", "2", "--memory_gib", "4"],
      ...["--retries", "1", "--parallel", "1", "--deadline_seconds", "3600", "--name", "sweep", ...SWEEP],
    );
    expect(claims).toEqual([]);
    expect(parts.spec).toMatchObject({
      parallelism: 1,
      backoffLimitPerIndex: 1,
      activeDeadlineSeconds: 3600,
    });
    expect(parts.spec.template.spec.volumes).toEqual([
      { name: "logs", persistentVolumeClaim: { claimName: "shared" } },
    ]);
    expect(containerOf(parts).env?.[1]).toEqual({
      name: "FIRSTTOKEN_API_KEY",
      valueFrom: { secretKeyRef: { name: "server", key: "api_key" } },
    });
    const amounts = { cpu: "2", memory: "4Gi" };
    expect(containerOf(parts).resources).toEqual({ requests: amounts, limits: amounts });
  });

  it("is refused with an address that is none of S3, which no pod could write to", async () => {
    for (const out of ["gs://bucket/run", "s3:/bucket/run"]) {
      const bucket = [...SWEEP, "--out_dir", out];
      const { code, stdout, stderr } = await launch(...bucket);
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toContain(`Can't write ${out}: it is neither a path on this machine nor an address`);
      const onSlurm = await firsttokenHere(["launch", "slurm", "--shards", "2", ...bucket]);
      expect([onSlurm.code, onSlurm.stderr.includes(`Can't write ${out}`)]).toEqual([1, true]);
    }
  });

  it("writes to a bucket without a volume, with credentials by reference, and keeps what could not be stored on a claim", async () => {
    const bucket = [...SWEEP, "--out_dir", "s3://bucket/run"];
    const { claims, parts, report } = await manifests(
      "--env_from",
      "s3",
      "--service_account",
      "lab",
      ...bucket,
    );
    expect(claims).toEqual([]);
    for (const job of [parts, report]) {
      expect(job.spec.template.spec).toMatchObject({
        ...{ serviceAccountName: "lab", volumes: [{ name: "logs", emptyDir: {} }] },
        containers: [{ envFrom: [{ secretRef: { name: "s3" } }] }],
      });
      expect(containerOf(job).env).toContainEqual({ name: "FIRSTTOKEN_S3_COPIES", value: "/logs/s3" });
    }
    const page = "s3://bucket/run/report.html";
    expect(containerOf(report).args).toEqual(["report", "s3://bucket/run", "--out", page]);
    const kept = await manifests("--claim", "logs", ...bucket);
    expect(kept.parts.spec.template.spec.volumes).toEqual([
      { name: "logs", persistentVolumeClaim: { claimName: "logs" } },
    ]);
  });

  it("hands every word to the command as it was given, whatever is in it", async () => {
    const prompt = `a "b" 'c' $(JOB_COMPLETIONS) $$ \\ \n\t# : - { [ $`;
    const { parts } = await manifests(...SWEEP, "--prompt", prompt, "--out_dir", "yes");
    const words = containerOf(parts).args.map((word) => expanded(word, { JOB_COMPLETIONS: "2" }));
    expect(words.slice(-4)).toEqual(["--prompt", prompt, "--out_dir", "yes"]);
  });

  it("has no need of npx, which the image has not", async () => {
    const { parts } = await manifests("--", "npx", "firsttoken", "sweep", "--model", "tiny");
    expect(containerOf(parts).command).toEqual(["firsttoken"]);
  });

  it.each([
    [["--", "sweep"], "in a pod, this is the pod"],
    [["--", "sweep", "8000"], "in a pod, this is the pod"],
    [
      ["--", "blend", "--api_base", "http://v:1/v1", "--blend_api_base", "http://127.0.0.1:2/v1"],
      "in a pod, this",
    ],
    [[...SWEEP, "--api_key", "@key.txt"], "must be in a secret"],
    [[...SWEEP, "--api_key", "-"], "must be in a secret"],
    [[...SWEEP, "--out_dir", "/tmp/run"], "must be relative, or below /logs"],
    [[...SWEEP, "--out_dir", "../run"], "must be relative, or below /logs"],
    [["--secret", "server", ...SWEEP], "It must be NAME/KEY"],
    [["--env_from", "s3 b", ...SWEEP], "the name of an object"],
    [["--name", "Run_1", ...SWEEP], "small letters"],
    [["--image", "a b", ...SWEEP], "a word without spaces"],
  ])("refuses %j in one sentence", async (args, sentence) => {
    const { code, stdout, stderr } = await launch(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(sentence);
  });
});
