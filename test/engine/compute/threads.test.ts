import { afterAll, describe, expect, it } from "vitest";
import { type Desk, layOut } from "../../../src/engine/compute/memory/layout.js";
import { Arena } from "../../../src/engine/compute/memory/wasm.js";
import { Team } from "../../../src/engine/compute/threads/team.js";
import { Engine } from "../../../src/engine/methods/engine.js";
import { COMPUTES, loadModel } from "../../../src/engine/model/model.js";
import { random } from "../../../src/stats/random.js";
import { answer } from "../support.js";

const bench = loadModel("bench");
const source = random("threads");
const prompt = [0, ...Array.from({ length: 170 }, () => 1 + source.int(2_000))];
const pieces = {
  chunks: [
    { start: 0, end: 1 },
    { start: 1, end: 71 },
    { start: 71, end: 150 },
  ],
  question: { start: 150, end: 171 },
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
  const engines = [1, 2, 3].map(
    (threads) => new Engine({ ...bench, maxTokens: 256, compute }, 1_024, { threads }),
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
    expect(() => team.run(job)).toThrow("A thread of the engine can't go on");
    expect(() => team.run(job)).toThrow("A thread of the engine can't go on");
    expect(broken).toHaveLength(1);
    await team.close();
  });
});
