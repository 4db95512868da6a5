import { describe, expect, it } from "vitest";
import { ttftDefinitionNote } from "../../src/report/ttft-definitions.js";

const own = { label: "ours", source_tool: null, ttft_definition: null };
const vllm = {
  label: "serve",
  source_tool: "vllm bench serve",
  ttft_definition: "the first chunk with choices, even empty",
};

describe("what TTFT counts to", () => {
  it("is no news where all rows count to one thing", () => {
    expect(ttftDefinitionNote([])).toEqual([]);
    expect(ttftDefinitionNote([own, { label: "older rows, which do not say" }])).toEqual([]);
    expect(ttftDefinitionNote([vllm, { ...vllm, label: "another run" }])).toEqual([]);
  });

  it("is told of each tool, with its labels, where rows count to several", () => {
    expect(ttftDefinitionNote([own, vllm, own, { ...vllm, label: null }])).toEqual([
      "These tools define TTFT differently, so differences in TTFT and in times between tokens are not due to the servers alone: firsttoken counts to the first " +
        "non-empty content (ours); vllm bench serve counts to the first chunk with choices, even empty (serve, unlabelled).",
    ]);
  });
});
