import { describe, expect, it } from "vitest";
import { roundingNote } from "../../src/cli/flags/embedded-engine.js";

describe("the note on rounded weights", () => {
  it.each([
    [0, ""],
    [1e-6, "0.1 % of the weights of m are rounded to 8 bits; serve --compute f32 rounds none.\n"],
    [0.2104, "21.0 % of the weights of m are rounded to 8 bits; serve --compute f32 rounds none.\n"],
    [1, "100.0 % of the weights of m are rounded to 8 bits; serve --compute f32 rounds none.\n"],
  ])("of a share of %d is %j", (roundedShare, note) => {
    expect(roundingNote({ model: "m", roundedShare })).toBe(note);
  });
});
