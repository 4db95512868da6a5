import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CompletionText } from "../../../src/engine/http/completion-text.js";

/** A text that comes in these pieces, one a token. */
const textOf = (pieces: readonly string[], stops: readonly string[]) => {
  const text = new CompletionText({ add: (id) => pieces[id]!, end: () => "" }, stops);
  const told: string[] = [];
  for (const id of pieces.keys()) {
    if (text.stoppedBy !== null) break;
    told.push(text.add(id));
  }
  told.push(text.end());
  return { told, text };
};

describe("the text of an answer", () => {
  it("ends before a stop text, also one that is spread over tokens, and tells nothing of it", () => {
    const { told, text } = textOf(["a", "b\n", "\nQ", "c"], ["\n\nQ", "zz"]);
    expect(told).toEqual(["a", "b", "", ""]);
    expect([text.text, text.stoppedBy]).toEqual(["ab", "\n\nQ"]);
  });

  it("tells at the end what only began as a stop text does", () => {
    expect(textOf(["a", "b\n"], ["\n\n"]).told).toEqual(["a", "b", "\n"]);
    expect(textOf(["\n", "x"], ["\n\n"]).told).toEqual(["", "\nx", ""]);
  });

  it("is cut at the first of its stop texts, however it comes in pieces", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 5 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 12 }), stops, (pieces, stopTexts) => {
        const { told, text } = textOf(pieces, stopTexts);
        // Whoever reads letter by letter stops at the end of a stop text; of several ending there the longest.
        const whole = pieces.join("");
        const found = stopTexts.map((stop) => whole.indexOf(stop)).filter((at) => at >= 0);
        expect(told.join("")).toBe(text.text);
        if (found.length === 0) expect(text.text).toBe(whole);
        else {
          expect(whole.startsWith(text.text)).toBe(true);
          expect(stopTexts.some((stop) => text.text.includes(stop))).toBe(false);
          expect(stopTexts.some((stop) => whole.startsWith(stop, text.text.length))).toBe(true);
        }
      }),
    );
  });
});
