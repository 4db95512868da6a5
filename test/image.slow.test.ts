import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "image-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The steps of the Dockerfile, each an instruction and what follows it. */
const steps = readFileSync(join(root, "Dockerfile"), "utf8")
  .replace(/\\\n/g, " ")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => line.split(/ +(.*)/s) as [string, string]);
const all = (instruction: string) => steps.filter(([name]) => name === instruction).map(([, rest]) => rest);

describe("the image of the Dockerfile", () => {
  it("is built of the packed package and nothing else", () => {
    expect(steps[0]![0]).toBe("FROM");
    const ignored = readFileSync(join(root, ".dockerignore"), "utf8").trim().split("\n");
    expect(ignored).toEqual(["*", "!firsttoken-*.tgz"]);
    expect(all("COPY")).toEqual(["firsttoken-*.tgz /tmp/"]);
    expect(all("USER")).toEqual(["node"]);
  });

  it("runs the command that its steps install, in an empty folder", () => {
    const [tmp, logs, home] = ["tmp", "logs", "home"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    for (const made of [tmp, home]) mkdirSync(made);
    const env = { ...process.env, npm_config_prefix: folder, npm_config_prefer_offline: "true", HOME: home };
    execFileSync("npm", ["pack", "--pack-destination", tmp], { cwd: root, env, stdio: "pipe" });
    // As the image would, but below the folder; who owns what is the image's own.
    for (const step of all("RUN")) {
      const here = step
        .replaceAll("/tmp/", `${tmp}/`)
        .replaceAll("/logs", logs)
        .replace(/ && (chown|npm cache) [^&]*/g, "");
      execFileSync("sh", ["-c", here], { cwd: folder, env, stdio: "pipe" });
    }
    expect(readdirSync(tmp)).toEqual([]);
    expect(existsSync(all("WORKDIR")[0] === "/logs" ? logs : "")).toBe(true);
    const [program] = JSON.parse(all("ENTRYPOINT")[0]!) as [string];
    const run = (...args: readonly string[]) =>
      execFileSync(join(folder, "bin", program), args, { cwd: logs, env, encoding: "utf8", stdio: "pipe" });
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect(run("--version")).toBe(`${version}\n`);
    run(
      "sweep",
      "--model",
      "tiny",
      "--context_sizes",
      "40",
      "--runs",
      "1",
      "--out_dir",
      "run",
      "--shard",
      "0/1",
    );
    run("report", "run", "--out", "run/report.html");
    expect(existsSync(join(logs, "run", "report.html"))).toBe(true);
  });
});
