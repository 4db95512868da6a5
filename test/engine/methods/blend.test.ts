import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SELECTORS } from "../../../src/domain/records/methods.js";
import { KvStore } from "../../../src/engine/compute/kv-store.js";
import { prefill, type Span } from "../../../src/engine/compute/prefill.js";
import { Transformer } from "../../../src/engine/compute/transformer.js";
import { type BlendOptions, blend, shareAt } from "../../../src/engine/methods/blend.js";
import { ChunkCache } from "../../../src/engine/methods/chunk-cache.js";
import type { PromptPieces } from "../../../src/engine/methods/chunks.js";
import { epic } from "../../../src/engine/methods/epic.js";
import type { Model } from "../../../src/engine/model/model.js";
import { random } from "../../../src/stats/random.js";
import { runs } from "../../support/runs.js";
import { nothing, type ReferenceCache, reference } from "../reference.js";
import { answer, engineOf, finish } from "../support.js";

const V: BlendOptions = { recomputeRatio: 0.15, checkLayer: 1, selector: "v", filtering: "once", seed: 0 };

/** `<bos>`, chunks of these lengths, and a question, as ids and pieces. */
function chunked(bos: number, ids: number, lengths: readonly number[], question: number, seed = 1) {
  const source = random(seed);
  // A piece that began with <bos> would be computed behind nothing.
  const draw = () => (bos + 1 + source.int(ids - 1)) % ids;
  const prompt = [bos];
  const pieces: PromptPieces["chunks"][number][] = [{ start: 0, end: 1 }];
  for (const length of lengths) {
    pieces.push({ start: prompt.length, end: prompt.length + length });
    for (let i = 0; i < length; i++) prompt.push(draw());
  }
  const start = prompt.length;
  for (let i = 0; i < question; i++) prompt.push(draw());
  return { prompt, pieces: { chunks: pieces, question: { start, end: prompt.length } } };
}

describe.each(["tiny", "bench"])("CacheBlend of %s", (name) => {
  const engine = engineOf(name);
  const { bos, ids } = engine.tokenizer;
  const { prompt, pieces } = chunked(bos, ids, [33, 16, 40, 7], 11);
  const use = (options: Partial<BlendOptions>) =>
    answer(engine, prompt, {
      cache: { method: "blend", pieces, options: { ...V, ...options } },
      ignoreEos: true,
    });
  const full = answer(engine, prompt, { ignoreEos: true });
  const reuse = answer(engine, prompt, { cache: { method: "reuse", pieces }, ignoreEos: true });

  const choices = SELECTORS.flatMap((selector) =>
    (["once", "gradual"] as const).map((filtering) => ({ selector, filtering })),
  );

  it.each(choices)("at r = 1 is bitwise full prefill (by $selector, $filtering)", (choice) => {
    const got = use({ recomputeRatio: 1, ...choice });
    expect(got.logits).toEqual(full.logits);
    expect(got.ids).toEqual(full.ids);
    expect([...got.recomputed.positions]).toEqual(Array.from({ length: pieces.question.start }, (_, i) => i));
    expect(got.recomputed).toMatchObject({ tokens: pieces.question.start, ratio: 1 });
  });

  it.each(choices)("at r = 0 is bitwise full KV reuse (by $selector, $filtering)", (choice) => {
    const got = use({ recomputeRatio: 0, ...choice });
    expect(got.logits).toEqual(reuse.logits);
    expect(got.ids).toEqual(reuse.ids);
    expect(got.recomputed.positions).toHaveLength(0);
  });

  it("is the same whether the chunks were stored before or not", () => {
    engine.clearChunks();
    const missing = use({});
    const stored = use({});
    expect([missing.cachedTokens, missing.collectedTokens]).toEqual([0, pieces.question.start]);
    expect([stored.cachedTokens, stored.collectedTokens]).toEqual([pieces.question.start, 0]);
    expect(stored.logits).toEqual(missing.logits);
    expect(stored.ids).toEqual(missing.ids);
  });

  it("recomputes the share asked for, another one at random for another seed", () => {
    const share = Math.floor(0.15 * pieces.question.start);
    expect(use({}).recomputed.positions).toHaveLength(share);
    const [one, two, again] = [1, 2, 1].map((seed) => [
      ...use({ selector: "random", seed }).recomputed.positions,
    ]);
    expect(one).toHaveLength(share);
    expect(again).toEqual(one);
    expect(two).not.toEqual(one);
  });

  it("says what share of the layers it recomputed, with those before the check layer", () => {
    const { layers } = engine.transformer.shape;
    const [cached, chosen] = [pieces.question.start, Math.floor(0.15 * pieces.question.start)];
    for (let checkLayer = 1; checkLayer <= layers / 2; checkLayer++) {
      const { tokens, ratio } = use({ checkLayer }).recomputed;
      expect(tokens).toBe(chosen);
      expect(ratio).toBeCloseTo((checkLayer * cached + (layers - checkLayer) * chosen) / (layers * cached));
    }
  });

  it.each([
    "v",
    "k",
    "attention",
  ] as const)("by %s leaves tokens alone that nothing deviates at", (selector) => {
    // <bos> and the first chunk are what they were when they were computed.
    const ownEnd = pieces.chunks[1]!.end;
    const got = use({ selector, recomputeRatio: (pieces.question.start - ownEnd) / pieces.question.start });
    expect([...got.recomputed.positions]).toEqual(
      Array.from({ length: pieces.question.start - ownEnd }, (_, i) => ownEnd + i),
    );
    expect(got.logits).toEqual(full.logits);
  });

  it("filtered gradually keeps in every layer some of those of the layer before", () => {
    const { tokens, positions, ratio } = use({ filtering: "gradual", recomputeRatio: 0.4 }).recomputed;
    const first = Math.floor(0.6 * pieces.question.start);
    expect(positions).toHaveLength(first);
    expect(tokens).toBeLessThan(first);
    expect(tokens / pieces.question.start).toBeCloseTo(0.4, 1);
    expect(ratio).toBeLessThan(0.6);
  });

  describe("EPIC", () => {
    const leading = (tokensPerChunk: number) =>
      answer(engine, prompt, { cache: { method: "epic", pieces, tokensPerChunk }, ignoreEos: true });

    it.each([40, 64])("with k = %i, no chunk being longer, is bitwise full prefill", (k) => {
      expect(leading(k).logits).toEqual(full.logits);
      expect(leading(k).ids).toEqual(full.ids);
    });

    it("with k = 0 is bitwise full KV reuse", () => {
      expect(leading(0).logits).toEqual(reuse.logits);
      expect(leading(0).ids).toEqual(reuse.ids);
      expect(leading(0).recomputed).toMatchObject({ tokens: 0, ratio: 0 });
    });

    it("recomputes the first k tokens of every chunk but the first", () => {
      const { positions, tokens, ratio } = leading(9).recomputed;
      const expected = pieces.chunks
        .slice(2)
        .flatMap(({ start, end }) => Array.from({ length: Math.min(9, end - start) }, (_, i) => start + i));
      expect([...positions]).toEqual(expected);
      expect([tokens, ratio]).toEqual([expected.length, expected.length / pieces.question.start]);
    });

    it("recomputes the first chunk too where nothing like what it was computed behind stands before it", () => {
      const bare = prompt.slice(1);
      const moved = ({ start, end }: { start: number; end: number }) => ({ start: start - 1, end: end - 1 });
      const own = { chunks: pieces.chunks.slice(1).map(moved), question: moved(pieces.question) };
      const got = answer(engine, bare, {
        cache: { method: "epic", pieces: own, tokensPerChunk: 64 },
        ignoreEos: true,
      });
      expect(got.logits).toEqual(answer(engine, bare, { ignoreEos: true }).logits);
      expect(got.recomputed.tokens).toBe(own.question.start);
    });
  });

  it("leaves nothing in the prefix cache", () => {
    engine.clearPrefixes();
    use({});
    const next = answer(engine, prompt, { cache: { method: "prefix" }, ignoreEos: true });
    expect(next.cachedTokens).toBe(0);
    expect(next.logits).toEqual(full.logits);
  });

  it("reuses a chunk wherever it stands, and the first one exactly", () => {
    const [, first, second] = pieces.chunks.map(({ start, end }) => prompt.slice(start, end));
    const asked = (chunks: readonly (readonly number[])[]) => {
      const context = [bos, ...chunks.flat()];
      const spans = [{ start: 0, end: 1 }];
      for (const { length } of chunks)
        spans.push({ start: spans.at(-1)!.end, end: spans.at(-1)!.end + length });
      const own = { chunks: spans, question: { start: context.length, end: context.length + 5 } };
      return answer(engine, [...context, 3, 1, 4, 1, 5], {
        cache: { method: "reuse", pieces: own },
        ignoreEos: true,
      });
    };
    asked([first!, second!]);
    const swapped = asked([second!, first!]);
    expect([swapped.cachedTokens, swapped.collectedTokens]).toEqual([1 + first!.length + second!.length, 0]);
    const alone = asked([first!]);
    expect(alone.logits).toEqual(answer(engine, [bos, ...first!, 3, 1, 4, 1, 5], { ignoreEos: true }).logits);
  });

  it("finds a chunk that a request of nothing else left behind", () => {
    const [first] = pieces.chunks.slice(1).map(({ start, end }) => prompt.slice(start, end));
    const end = 1 + first!.length;
    const before = { chunks: [{ start: 0, end: 1 }], question: { start: 1, end } };
    const asked = {
      chunks: [
        { start: 0, end: 1 },
        { start: 1, end },
      ],
      question: { start: end, end: end + 2 },
    };
    const ask = () => answer(engine, [bos, ...first!, 7, 8], { cache: { method: "reuse", pieces: asked } });
    engine.clearChunks();
    const collected = ask();
    engine.clearChunks();
    answer(engine, [bos, ...first!], { cache: { method: "reuse", pieces: before } });
    const found = ask();
    expect([found.cachedTokens, found.collectedTokens]).toEqual([end, 0]);
    expect(found.logits).toEqual(collected.logits);
  });

  it("keeps salts apart", () => {
    engine.clearChunks();
    const cached = (salt: string) =>
      answer(engine, prompt, { cache: { method: "reuse", pieces }, salt }).cachedTokens;
    expect([cached("a"), cached("b"), cached("a")]).toEqual([0, 0, pieces.question.start]);
  });
});

/** A model of random shape and weights, small enough for the reference. */
const models = fc
  .record({
    layers: fc.integer({ min: 2, max: 4 }),
    kvHeads: fc.integer({ min: 1, max: 2 }),
    group: fc.integer({ min: 1, max: 3 }),
    headWidth: fc.constantFrom(8, 16),
    width: fc.constantFrom(8, 24),
    hidden: fc.constantFrom(8, 16),
    seed: fc.nat(),
  })
  .map(({ group, seed, ...rest }): Model => {
    const source = random(seed);
    const shape = { ...rest, heads: rest.kvHeads * group, ropeBase: 10_000, normEpsilon: 1e-6 };
    const matrix = (outputs: number, inputs: number) =>
      Float32Array.from({ length: outputs * inputs }, () => (source() - 0.5) * Math.sqrt(12 / inputs));
    const vector = () => Float32Array.from({ length: shape.width }, () => 0.5 + source());
    const { width, heads, kvHeads, headWidth, hidden } = shape;
    return {
      name: "random",
      shape,
      maxTokens: 256,
      words: ["<bos>", "<eos>"],
      embedding: matrix(40, width),
      generatedIds: 33,
      stopsAtEos: false,
      finalNorm: vector(),
      layers: Array.from({ length: shape.layers }, () => ({
        attentionNorm: vector(),
        qkv: matrix((heads + 2 * kvHeads) * headWidth, width),
        output: matrix(width, heads * headWidth),
        feedForwardNorm: vector(),
        gateUp: matrix(2 * hidden, width),
        down: matrix(width, hidden),
      })),
    };
  });

describe("the three methods against the obvious reference", () => {
  it("agree for models and chunks of any shape", () => {
    const input = fc.record({
      model: models,
      lengths: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 3 }),
      question: fc.integer({ min: 1, max: 5 }),
      ratio: fc.constantFrom(0.1, 0.3, 0.7),
      selector: fc.constantFrom("v", "k", "attention"),
      layer: fc.nat(),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(input, ({ model, lengths, question, ratio, selector, layer, seed }) => {
        const { prompt, pieces } = chunked(0, 40, lengths, question, seed);
        const checkLayer = 1 + (layer % (model.shape.layers - 1));
        const transformer = new Transformer(model);
        const store = new KvStore(transformer.arena, 256, model.shape.layers, transformer.kvRow);
        const chunks = new ChunkCache(store, transformer, 0);
        const tokens = Int32Array.from(prompt);
        const all = prompt.map((_, t) => t);

        // What the chunks' keys and values are when each is computed alone behind <bos>.
        const cached: ReferenceCache = nothing(model);
        const spans: Span[] = pieces.chunks.map(({ start, end }) => {
          const chunk = prompt.slice(start, end);
          const alone = nothing(model);
          const behind = start === 0 ? chunk : [0, ...chunk];
          reference(
            model,
            behind,
            alone,
            behind.map((_, t) => t),
          );
          for (let l = 0; l < model.shape.layers; l++) {
            cached.keys[l]!.push(...alone.keys[l]!.slice(behind.length - chunk.length));
            cached.values[l]!.push(...alone.values[l]!.slice(behind.length - chunk.length));
          }
          finish(chunks.collect(Int32Array.from(chunk), ""));
          return { start, stored: chunks.find(Int32Array.from(chunk), "")! };
        });
        const copy = (): ReferenceCache => ({ keys: [...cached.keys], values: [...cached.values] });
        const outside = all.slice(pieces.question.start);
        const near = (expected: readonly number[]) => {
          const got = transformer.logits();
          const scale = Math.max(1, ...expected.map(Math.abs));
          expect(Math.max(...expected.map((logit, id) => Math.abs(logit - got[id]!))) / scale).toBeLessThan(
            2e-4,
          );
        };

        finish(prefill(transformer, store, tokens, []));
        near(reference(model, prompt, nothing(model), all));
        finish(prefill(transformer, store, tokens, spans));
        near(reference(model, prompt, copy(), outside));

        const beginnings = finish(
          epic(transformer, store, tokens, spans, { tokensPerChunk: 3, isInPlace: () => false }),
        );
        near(reference(model, prompt, copy(), [...beginnings.positions, ...outside]));

        const nested = {
          recomputeRatio: ratio,
          checkLayer,
          selector: "random",
          filtering: "gradual",
          seed,
        } as const;
        if (Math.floor(pieces.question.start * ratio) > 0) {
          finish(blend(transformer, store, tokens, spans, nested));
          const order = random(seed).shuffle(all.slice(0, pieces.question.start));
          near(
            reference(model, prompt, copy(), all, (l) => {
              if (l < checkLayer) return all;
              const share = shareAt(l, nested, model.shape.layers);
              const kept = order.slice(0, Math.floor(pieces.question.start * share));
              return [...kept.sort((a, b) => a - b), ...outside];
            }),
          );
        }

        const options = { recomputeRatio: ratio, checkLayer, selector, filtering: "once", seed: 0 } as const;
        const chosen = [...finish(blend(transformer, store, tokens, spans, options)).positions];
        const count = Math.floor(pieces.question.start * ratio);
        expect(chosen).toHaveLength(count);
        if (count === 0) return;
        const expected = reference(model, prompt, copy(), all, (l, fresh) => {
          if (l < checkLayer) return all;
          if (l === checkLayer) {
            const distance = (one: readonly number[], other: readonly number[]) =>
              one.reduce((sum, x, i) => sum + (x - other[i]!) ** 2, 0);
            const now = (t: number) => ({ k: fresh.key(t), v: fresh.value(t) });
            const mixed = (of: "keys" | "values") =>
              all.map((t) => cached[of][l]![t] ?? now(t)[of === "keys" ? "k" : "v"]);
            const [keys, values] = [mixed("keys"), mixed("values")];
            const deviation = (t: number) => {
              if (selector === "k") return distance(fresh.key(t), keys[t]!);
              if (selector === "v") return distance(fresh.value(t), values[t]!);
              const own = fresh.attended(t, all.map(fresh.key), all.map(fresh.value));
              return distance(own, fresh.attended(t, keys, values));
            };
            // Single precision may swap tokens whose deviations are equal but for rounding.
            const sorted = all
              .slice(0, pieces.question.start)
              .map(deviation)
              .sort((a, b) => b - a);
            for (const t of chosen)
              expect(deviation(t)).toBeGreaterThanOrEqual(sorted[count - 1]! * 0.999 - 1e-6);
          }
          return [...chosen, ...outside];
        });
        near(expected);
      }),
      { numRuns: runs(5, 12) },
    );
  });
});

describe("the shares of gradual filtering", () => {
  const cases = fc.record({
    recomputeRatio: fc.double({ min: 0, max: 1, noNaN: true }),
    checkLayer: fc.integer({ min: 1, max: 8 }),
    behind: fc.integer({ min: 0, max: 40 }),
  });

  it("never rise, lie from 0 to 1, and have the ratio asked for as their mean", () => {
    fc.assert(
      fc.property(cases, ({ recomputeRatio, checkLayer, behind }) => {
        const layers = checkLayer + 1 + behind;
        const shares = Array.from({ length: behind + 1 }, (_, i) =>
          shareAt(checkLayer + i, { recomputeRatio, checkLayer, filtering: "gradual" }, layers),
        );
        for (const [i, share] of shares.entries()) {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(1 + 1e-12);
          if (i > 0) expect(share).toBeLessThanOrEqual(shares[i - 1]! + 1e-12);
        }
        expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeCloseTo(recomputeRatio, 9);
      }),
    );
  });

  it("go from half more than the ratio to half of it", () => {
    const at = (layer: number, recomputeRatio: number) =>
      shareAt(layer, { recomputeRatio, checkLayer: 1, filtering: "gradual" }, 4);
    expect([1, 2, 3].map((layer) => at(layer, 0.2))).toEqual([
      expect.closeTo(0.3),
      expect.closeTo(0.2),
      expect.closeTo(0.1),
    ]);
    expect([1, 2, 3].map((layer) => at(layer, 1))).toEqual([1, 1, 1]);
  });
});
