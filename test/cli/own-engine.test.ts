import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { main } from "../../src/cli/program.js";
import { jsonLines } from "../support/cli.js";

const folder = mkdtempSync(join(tmpdir(), "own-engine-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const run = async (...argv: string[]) => {
  let said = "";
  const sink = { write: (text: string) => (said += text) };
  const before = process.exitCode;
  const code = await main(argv, { out: sink, err: sink });
  process.exitCode = before;
  return { code, said };
};

describe("a model of the engine's without a server", () => {
  it("is served for the command, and sent no key of the environment", async () => {
    vi.stubEnv("OPENAI_API_KEY", "sk-of-somebody-else-1234");
    const log = join(folder, "quality.jsonl");
    const { code, said } = await run(
      ...["quality", "--model", "tiny", "--dataset", "multihop", "--samples", "2"],
      ...["--methods", "full,reuse", "--max_tokens", "2", "--out", log],
    );
    expect(said).toContain("Starting the embedded engine with tiny");
    expect(said).not.toContain("OPENAI_API_KEY");
    expect(code).toBe(0);
    const rows = jsonLines(readFileSync(log, "utf8"));
    expect(new Set(rows.map(({ model }) => model))).toEqual(new Set(["tiny"]));
    expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(["ok"]));
  }, 60_000);

  it("that was not fetched is refused with the command that fetches it", async () => {
    vi.stubEnv("FIRSTTOKEN_MODELS", join(folder, "none"));
    for (const command of ["quality", "blend", "sweep", "doctor"]) {
      const { code, said } = await run(command, "--model", "smollm2-135m");
      expect(said).toContain("firsttoken models fetch smollm2-135m");
      expect(code).toBe(1);
    }
  });

  it("is a server's own model's name where a server is named", async () => {
    for (const server of [["--api_base", "http://127.0.0.1:9/v1"]]) {
      const { code, said } = await run("sweep", "--model", "tiny", ...server);
      expect(said).not.toContain("Starting");
      expect(said).toContain("127.0.0.1:9");
      expect(code).toBe(1);
    }
    const { said } = await run("ttft", "9", "--model", "tiny", "--out", join(folder, "ttft.jsonl"));
    expect(said).not.toContain("Starting");
  });
});
