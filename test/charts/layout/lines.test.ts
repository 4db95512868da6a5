import { describe, expect, it } from "vitest";
import { linesOf, oneLine } from "../../../src/charts/layout/lines.js";
import { textWidth } from "../../../src/charts/layout/text-box.js";

describe("a text in lines", () => {
  it("is broken at spaces, and inside a word that is longer than a line", () => {
    const lines = linesOf(`full prefill of ${"W".repeat(40)}`, 120, 12);
    expect(lines.join(" ").replaceAll(" ", "")).toBe(`fullprefillof${"W".repeat(40)}`);
    for (const line of lines) expect(textWidth(line, 12)).toBeLessThanOrEqual(120);
  });

  it("ends in … where it has more letters than a picture has room for, and never in half of a letter", () => {
    const lines = linesOf("🚀".repeat(1_000_000), 300, 12);
    expect(lines.join("")).toBe(`${"🚀".repeat(500)}…`);
    expect(oneLine(`a${"🚀".repeat(1_000_000)}`, 1e6, 12)).toBe(`a${"🚀".repeat(499)}…`);
  });
});
