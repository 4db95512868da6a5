import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { ModelError } from "../../../src/domain/errors/errors.js";
import { openModel } from "../../../src/engine/loading/open-model.js";
import { runs } from "../../support/runs.js";
import { fixture, json } from "../loading/fixtures.js";

const folder = join(mkdtempSync(join(tmpdir(), "forged-")), "model");
cpSync(fixture("qwen2"), folder, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true }));

const opens = async (): Promise<void> => {
  const opened = await openModel(folder, { maxModelLen: null, kvTokens: null }, 2 ** 30).catch(
    (error: unknown) => error,
  );
  if (opened instanceof Error) {
    expect(opened).toBeInstanceOf(ModelError);
    // An accident of ours, such as an array of the length that a file says.
    const { cause } = opened as ModelError;
    expect(cause instanceof RangeError || cause instanceof TypeError, String((cause as Error).stack)).toBe(
      false,
    );
  } else (opened as Awaited<ReturnType<typeof openModel>>).close();
};

/** A file of the folder with other bytes while `try_` runs. */
const withFile = async (name: string, content: string | Uint8Array, try_: () => Promise<void>) => {
  writeFileSync(join(folder, name), content);
  await try_();
  cpSync(join(fixture("qwen2"), name), join(folder, name));
};

describe("a forged folder", () => {
  it("with any bytes of its weights' head changed, or its file cut, is refused or opened", async () => {
    const weights = readFileSync(join(fixture("qwen2"), "model.safetensors"));
    const head = 8 + Number(weights.readBigUInt64LE());
    const changes = fc.array(fc.tuple(fc.nat(head - 1), fc.integer({ min: 32, max: 126 })), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(changes, fc.option(fc.nat(weights.length)), async (changed, cut) => {
        const forged = Uint8Array.from(weights.subarray(0, cut ?? weights.length));
        for (const [at, value] of changed) if (at < forged.length) forged[at] = value;
        await withFile("model.safetensors", forged, opens);
      }),
      { numRuns: runs(20, 60) },
    );
  });

  it("with any value of its config changed is refused or opened", async () => {
    const config = json("qwen2/config.json") as Record<string, unknown>;
    const value = fc.oneof(
      fc.constantFrom(0, -1, 0.5, 1, 2, 1e9, 2 ** 31, 2 ** 53, 1e300, "", "yarn", true, false),
      fc.constantFrom<unknown>(null, [], {}, [1], { rope_type: "linear", factor: 1e300 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(config)), value, async (key, forged) => {
        await withFile("config.json", JSON.stringify({ ...config, [key]: forged }), opens);
      }),
      { numRuns: runs(30, 80) },
    );
  });

  it.each([
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
  ])("with any value at the top of its %s changed is refused or opened", async (name) => {
    const content = json(`qwen2/${name}`) as Record<string, unknown>;
    const value = fc.constantFrom<unknown>(0, -1, 1e300, "", "x", true, null, [], {}, [1], ["x"], {
      type: "x",
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(content)), value, async (key, forged) => {
        await withFile(name, JSON.stringify({ ...content, [key]: forged }), opens);
      }),
      { numRuns: runs(10, 25) },
    );
  });
});
