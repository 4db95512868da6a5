import { execFile } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const dist = (file: string): string => new URL(`../../dist/${file}`, import.meta.url).href;

/** Longer than the two seconds after which nanoseconds outgrow 32 bits. */
const LOAD = `
import { serveMock } from "${dist("mock/serve-mock.js")}";
import { runLoad } from "${dist("load/run-load.js")}";
const provider = await serveMock({ firstTokenDelaySeconds: 0.02, chunks: 10, chunkGapSeconds: 0.002, jitter: 0.5, stamps: true });
const { requests } = await runLoad({
  url: provider.url, apiKey: "none", body: { model: "mock", messages: [{ role: "user", content: "hi" }] },
  requests: 2500, mode: "stream", arrivals: { kind: "closed", concurrency: 32 }, timeoutSeconds: 60, threads: 0,
});
await provider.close();
process.stdout.write("\\nspan " + requests.at(-1).started_at + " " + requests[0].started_at + "\\n");
`;

/** Two on one thread that is kept, as the blocks of a run are. */
const TWO_LOADS = `
import { serveMock } from "${dist("mock/serve-mock.js")}";
import { runLoad } from "${dist("load/run-load.js")}";
const provider = await serveMock({ firstTokenDelaySeconds: 0.01, chunks: 10, stamps: true });
const load = () => runLoad({
  url: provider.url, apiKey: "none", body: { model: "mock", messages: [{ role: "user", content: "hi" }] },
  requests: 3000, mode: "stream", arrivals: { kind: "closed", concurrency: 32 }, timeoutSeconds: 60, threads: 1,
});
await load();
await load();
await provider.close();
`;

async function tracing(program: string): Promise<{ readonly stdout: string }> {
  const file = join(await mkdtemp(join(tmpdir(), "firsttoken-")), "load.mjs");
  await writeFile(file, program);
  return promisify(execFile)(process.execPath, ["--trace-deopt", file], { maxBuffer: 64 * 1024 * 1024 });
}

/** What V8 says when compiled code meets a value of another kind than those it was compiled for. */
const OTHER_KIND =
  /reason: (wrong map|not a Smi|Smi|lost precision|not a Number|wrong value)\).*?<JSFunction ([^>]*?) \(sfi/g;

describe("the code of a load", () => {
  it("is not thrown away and compiled again because numbers grow with time", async () => {
    const { stdout } = await tracing(LOAD);
    const [, last, first] = /span (\S+) (\S+)/.exec(stdout)!;
    expect(Date.parse(last!) - Date.parse(first!)).toBeGreaterThan(2_200);
    const again = [...stdout.matchAll(OTHER_KIND)].map(([, reason, name]) => `${name}: ${reason}`);
    // Moments kept in fields that begin as whole numbers made 18 of them, nearly all within a tenth of a second.
    expect(again.length, again.join("\n")).toBeLessThan(6);
  });

  it("is not thrown away between two loads on one thread", async () => {
    const { stdout } = await tracing(TWO_LOADS);
    // All of it depended on no buffer having been transferred, and the first load's samples were.
    const thrown = [...stdout.matchAll(/SharedFunctionInfo ([^>]*)>\).*reason: code dependencies/g)];
    const names = thrown.map(([, name]) => name);
    expect(names.length, names.join(" ")).toBeLessThan(25);
  });
});
