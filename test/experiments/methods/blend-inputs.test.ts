import { describe, expect, it } from "vitest";
import { MOST_CONTEXT_TOKENS } from "../../../src/domain/errors/options.js";
import { blendInputs } from "../../../src/experiments/methods/blend-inputs.js";

const made = (options: Parameters<typeof blendInputs>[0]) =>
  blendInputs(options).map(({ input_target, chunks }) => [input_target, chunks]);

describe("the inputs of a comparison", () => {
  it("are every length with every number of chunks", () => {
    expect(made({ inputTokens: [512, 1_024], chunks: [2, 4] })).toEqual([
      ...[
        [512, 2],
        [512, 4],
        [1_024, 2],
        [1_024, 4],
      ],
    ]);
    expect(made({})).toEqual([512, 1_024, 2_048, 4_096, 8_192].map((tokens) => [tokens, 4]));
  });

  it("are longer with more chunks where the chunks' length is kept, as in figure 15 a of the CacheBlend paper", () => {
    expect(made({ chunkTokens: [512], chunks: [2, 4, 12] })).toEqual([
      ...[
        [1_024, 2],
        [2_048, 4],
        [6_144, 12],
      ],
    ]);
    expect(made({ chunkTokens: [256, 1_024], chunks: 6 })).toEqual([
      [1_536, 6],
      [6_144, 6],
    ]);
  });

  it.each([
    [{ chunkTokens: [512], inputTokens: [512] }, "chunkTokens can't be combined with input lengths"],
    [{ chunkTokens: [16], chunks: [2, 8] }, "and with 2 chunks do not; received 16."],
    [{ chunkTokens: [MOST_CONTEXT_TOKENS], chunks: [1, 2] }, "and with 2 chunks do not"],
    [{ chunks: [2, 2] }, "chunks must not name a number twice; received 2,2."],
    [{ chunks: [] }, "chunks must name at least one number"],
    [{ chunks: 0 }, "chunks.0 must be a whole number of at least 1; received"],
    [{ chunkTokens: [512, 512] }, "chunkTokens must not name a length twice"],
  ])("refuse %j", (options, message) => {
    expect(() => blendInputs(options)).toThrow(message);
  });
});
