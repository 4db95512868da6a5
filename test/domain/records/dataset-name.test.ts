import { describe, expect, it } from "vitest";
import { datasetFiles, datasetName, withSamplesNamed } from "../../../src/domain/records/dataset-name.js";

const row = (example_id: string, more: object = {}) => ({
  dataset: "samsum",
  example_id,
  references: ["They talk."],
  ...more,
});
const sample = { bundled_examples: 8, dataset_sha256: "ab12" };

describe("the name of a dataset", () => {
  it("says where a bundled sample stands in for it", () => {
    expect(datasetName({ dataset: "samsum" })).toBe("samsum");
    expect(datasetName({ dataset: "samsum", bundled_examples: null })).toBe("samsum");
    expect(datasetName({ dataset: "samsum", bundled_examples: 8 })).toBe("samsum (bundled sample, 8)");
  });

  it("is also that of rows of older logs with the same examples, and of no others", () => {
    const rows = [
      row("1", sample),
      row("1", { bundled_examples: null }),
      row("1"),
      row("2"),
      row("1", { references: ["Others talk."] }),
      row("1", { dataset: "dialogsum" }),
    ];
    expect(withSamplesNamed(rows).map(datasetName)).toEqual([
      ...Array(3).fill("samsum (bundled sample, 8)"),
      ...["samsum", "samsum", "dialogsum"],
    ]);
    const unnamed = rows.slice(1);
    expect(withSamplesNamed(unnamed)).toBe(unnamed);
  });

  it("has its file's digest beside it in a manifest, once for each file", () => {
    const other = row("3", { dataset_sha256: "cd34" });
    expect(datasetFiles([row("1", sample), row("2", sample), other, row("4")])).toEqual([
      { name: "samsum (bundled sample, 8)", sha256: "ab12" },
      { name: "samsum", sha256: "cd34" },
    ]);
  });
});
