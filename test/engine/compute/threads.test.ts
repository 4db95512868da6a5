import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { type Desk, layOut } from "../../../src/engine/compute/memory/layout.js";
import { Team } from "../../../src/engine/compute/threads/team.js";
import { Engine } from "../../../src/engine/methods/engine.js";
import { COMPUTES, loadModel } from "../../../src/engine/model/model.js";
import type { ChildOptions } from "../../../src/engine/serve.js";
import { Arena, KERNEL_FLAGS } from "../../../src/engine/wasm/arena.js";
import { random } from "../../../src/stats/random.js";
import { temporaryFolder } from "../../support/temporary-files.js";
import { answer } from "../support.js";

const bench = loadModel("bench");
const source = random("threads");
const prompt = [0, ...Array.from({ length: 100 }, () => 1 + source.int(2_000))];
const pieces = {
  chunks: [
    { start: 0, end: 1 },
    { start: 1, end: 71 },
    { start: 71, end: 90 },
  ],
  question: { start: 90, end: 101 },
};
const blend = (recomputeRatio: number) =>
  ({
    cache: {
      method: "blend",
      pieces,
      options: { recomputeRatio, checkLayer: 1, selector: "v", filtering: "once", seed: 0 },
    },
  }) as const;
const common = { maxTokens: 3, ignoreEos: true };

describe.each(COMPUTES)("with %s", (compute) => {
  // A thread takes long to start; two share rows as three do.
  const counts = compute === "f32" ? [1, 2, 3] : [1, 3];
  const engines = counts.map(
    (threads) => new Engine({ ...bench, maxTokens: 128, compute }, 1_024, { threads }),
  );
  afterAll(() => Promise.all(engines.map((engine) => engine.transformer.close())));

  const results = engines.map((engine) => {
    const ask = (request: object) => {
      const { logits, ids } = answer(engine, prompt, { ...common, ...request });
      return { logits, ids };
    };
    const full = ask({});
    const [whole, some, none] = [1, 0.15, 0].map((ratio) => ask(blend(ratio)));
    const reuse = ask({ cache: { method: "reuse", pieces } });
    engine.clearPrefixes();
    ask({ cache: { method: "prefix" } });
    const hit = ask({ cache: { method: "prefix" } });
    return { full, whole, some, none, reuse, hit };
  });

  it("every number of threads gives the same bits", () => {
    for (const result of results) expect(result).toEqual(results[0]);
    expect(results[0]!.full.logits.every(Number.isFinite)).toBe(true);
  });

  it("r = 1 is bitwise full prefill, r = 0 full KV reuse, and a prefix hit a cold request", () => {
    const { full, whole, some, none, reuse, hit } = results[0]!;
    expect(whole).toEqual(full);
    expect(none).toEqual(reuse);
    expect(hit).toEqual(full);
    expect(some!.logits).not.toEqual(full.logits);
    expect(some!.logits).not.toEqual(reuse.logits);
  });
});

describe("a thread that fails", () => {
  it("ends the work of all, with an error", async () => {
    const arena = new Arena();
    const layout = layOut(arena, { ...bench, maxTokens: 64 }, 2);
    const [own, other] = layout.desks as readonly [Desk, Desk];
    const beyond = 2 ** 32 - 2 ** 16;
    const broken: Error[] = [];
    const team = new Team(arena, { ...layout, desks: [own, { ...other, normed: beyond }] }, (error) =>
      broken.push(error),
    );
    const job = { kind: "project", layer: 0, row: 0, count: 64 } as const;
    const why = "A thread of the engine can't go on: RuntimeError: memory access out of bounds.";
    expect(() => team.run(job)).toThrow(why);
    expect(() => team.run(job)).toThrow(why);
    expect(broken).toHaveLength(1);
    await team.close();
  });

  it("ends the engine's process at once when it was ended itself in the middle of a step", async () => {
    const sign = join(temporaryFolder(), "end");
    const hook = fileURLToPath(new URL("ends-in-a-step.cjs", import.meta.url));
    const options: ChildOptions = { model: "tiny", host: "127.0.0.1", port: 0, allowedHosts: [], threads: 3 };
    const engine = fork("dist/engine/child.js", [JSON.stringify(options)], {
      execArgv: [...KERNEL_FLAGS, "--require", hook],
      env: { ...process.env, END_WHEN_THERE: sign },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const ended = once(engine, "exit");
    const said = text(engine.stderr!);
    const [{ listening }] = await once(engine, "message");
    writeFileSync(sign, "");
    const body = JSON.stringify({ prompt: Array.from({ length: 400 }, () => 1), max_tokens: 1 });
    await expect(
      fetch(`http://127.0.0.1:${listening}/v1/completions`, { method: "POST", body }),
    ).rejects.toThrow("fetch failed");
    expect(await ended).toEqual([1, null]);
    expect(await said).toBe("A thread of the engine can't go on: it ended with code 7.\n");
  });
});
