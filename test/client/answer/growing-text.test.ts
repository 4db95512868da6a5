import fc from "fast-check";
import { expect, it } from "vitest";
import { GrowingText } from "../../../src/client/answer/growing-text.js";

it("is the text of its pieces, each decoded by itself, whenever it is asked for", () => {
  const text = new GrowingText();
  const ascii = fc.string({ unit: "binary-ascii", maxLength: 40 }).map((piece) => Buffer.from(piece));
  const whole = fc.string({ unit: "grapheme", maxLength: 6 }).map((piece) => Buffer.from(piece));
  const broken = fc
    .constantFrom([0xc3], [0xa9], [0xf0, 0x9f], [0x98, 0x80], [0xff])
    .map((bytes) => Buffer.from(bytes));
  const long = fc.constant(Buffer.alloc(3000, "a long piece "));
  const piece = fc.oneof(
    ascii,
    whole,
    broken,
    long,
    fc.constant(null),
    fc.constantFrom("a", "\ud83d", "\ude00", "é"),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.nat(3), (pieces, before) => {
      text.clear();
      let expected = "";
      for (const piece of pieces) {
        if (piece === null) expect(text.toString()).toBe(expected);
        else if (typeof piece === "string") {
          text.add(piece);
          expected += piece;
        } else {
          const lent = Buffer.concat([Buffer.alloc(before, "x"), piece, Buffer.from("y")]);
          text.addBytes(lent, before, before + piece.length);
          expected += piece.toString("utf8");
          lent.fill(0);
        }
      }
      expect(text.toString()).toBe(expected);
    }),
  );
});
