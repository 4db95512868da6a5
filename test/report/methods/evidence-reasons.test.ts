import { expect, it } from "vitest";
import { type EvidenceRow, evidenceReasons } from "../../../src/report/methods/method-cell.js";

const row = (
  label: string,
  evidence: EvidenceRow["evidence"],
  evidence_reason: string | null,
): EvidenceRow => ({
  label,
  evidence,
  evidence_reason,
});

it("reasons that differ in numbers alone are said once, the most frequent first", () => {
  expect(
    evidenceReasons([
      row("Full prefill", "proven", null),
      row("Prefix cache", "unproven", "the server reports no cached tokens"),
      row("CacheBlend", "contradicted", "16 of the 300 tokens stored came from a cache"),
      row("CacheBlend", "contradicted", "32 of the 310 tokens stored came from a cache"),
    ]),
  ).toEqual([
    "Not proven: CacheBlend, 2 contradicted, for example: 16 of the 300 tokens stored came from a cache; " +
      "Prefix cache, 1 unproven: the server reports no cached tokens.",
  ]);
});

it("nothing is said where all is proven, or a log does not say why", () => {
  expect(evidenceReasons([row("a", "proven", null), { label: "b", evidence: "unproven" }])).toEqual([]);
});
