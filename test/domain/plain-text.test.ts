import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonText } from "../../src/domain/json.js";
import { plainLine, plainText, toldLine } from "../../src/domain/plain-text.js";

/** Unicode's own names of what must not be shown; the source writes them as properties. */
const HIDDEN: Readonly<Record<string, string>> = {
  "a terminal's escape": "\u001b",
  bell: "\u0007",
  backspace: "\b",
  null: "\0",
  delete: "\u007f",
  "C1 control sequence introducer": "\u009b",
  "C1 operating system command": "\u009d",
  "next line": "\u0085",
  "line separator": "\u2028",
  "paragraph separator": "\u2029",
  "right-to-left override": "\u202e",
  "left-to-right isolate": "\u2066",
  "pop directional isolate": "\u2069",
  "right-to-left mark": "\u200f",
  "Arabic letter mark": "\u061c",
  "zero width space": "\u200b",
  "zero width non-joiner": "\u200c",
  "word joiner": "\u2060",
  "byte order mark": "\ufeff",
  "soft hyphen": "\u00ad",
  "Mongolian vowel separator": "\u180e",
  "Hangul filler": "\u3164",
  "interlinear annotation anchor": "\ufff9",
  "language tag": "\u{e0001}",
  "tag letter": "\u{e0041}",
  "variation selector 17": "\u{e0100}",
  "half a surrogate pair": "\ud83d",
  "the other half": "\ude00",
  "a noncharacter": "\uffff",
  "a noncharacter beyond the BMP": "\u{1fffe}",
};

const NOT_PLAIN =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\ufff9-\ufffb]/u;

describe("text that is shown", () => {
  for (const [name, character] of Object.entries(HIDDEN)) {
    it(`has no ${name}`, () => {
      const text = `a${character}b`;
      for (const clean of [plainLine, plainText, toldLine]) {
        expect(clean(text)).not.toContain(character);
        expect(clean(text)).toMatch(/^a.?b$/u);
      }
    });
  }

  it("keeps letters of all scripts, emoji, and signs that are seen", () => {
    for (const text of [
      "naïve Ünïcödé",
      "中文，日本語",
      "العربية",
      "हिन्दी",
      "😀 👍🏽",
      "𝒳 \u{20000}",
      "a\u00a0b",
      "\u0600",
      "é",
    ])
      for (const clean of [plainLine, plainText]) expect(clean(text)).toBe(text);
  });

  it("keeps the lines and tabs of a text of several, and puts others in one", () => {
    expect(plainText("a\r\n\tb\n\rc")).toBe("a\n\tb\nc");
    expect(plainLine("a\r\n\tb")).toBe("a b");
  });

  it("is no more than 300 characters of what a stranger says, whole ones", () => {
    expect([...toldLine("😀".repeat(1000))]).toHaveLength(300);
    expect(toldLine("😀".repeat(1000))).toMatch(/^(😀){299}…$/u);
    expect(toldLine("x".repeat(2 ** 21))).toBe(`${"x".repeat(299)}…`);
    expect(toldLine(`${"\u001b".repeat(10_000)}x`)).toBe("…");
    expect(toldLine(" a \n b ")).toBe("a b");
  });

  it("is plain whatever it was, and stays as it is when it is cleaned again", () => {
    const any = fc.array(fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)));
    fc.assert(
      fc.property(any, (characters) => {
        const text = characters.join("");
        const [line, lines] = [plainLine(text), plainText(text)];
        expect(line).not.toMatch(NOT_PLAIN);
        expect(lines.replace(/[\t\n]/g, "")).not.toMatch(NOT_PLAIN);
        expect(plainLine(line)).toBe(line);
        expect(plainText(lines)).toBe(lines);
      }),
    );
  });
});

describe("JSON that is written", () => {
  it("has nothing in it that acts on a terminal or can't be seen, and reads as what it was", () => {
    const any = fc.array(fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)));
    fc.assert(
      fc.property(any, any, (key, value) => {
        const record = { [`k${key.join("")}`]: value.join(""), n: 1.5 };
        const text = jsonText(record);
        expect(text).not.toMatch(NOT_PLAIN);
        expect(JSON.parse(text)).toEqual(record);
      }),
    );
    expect(jsonText({ a: "\u009b\u007f\u2028\u202e" })).toBe('{"a":"\\u009b\\u007f\\u2028\\u202e"}');
    expect(jsonText({ a: "😀 é 中" })).toBe('{"a":"😀 é 中"}');
    expect(jsonText({ a: ["\u0085"] }, 2)).toBe('{\n  "a": [\n    "\\u0085"\n  ]\n}');
    expect(jsonText(["\u{e0041}"])).toBe('["\\udb40\\udc41"]');
  });
});

it("is cleaned by one list of characters: no other file has one", () => {
  const src = resolve(import.meta.dirname, "../../src");
  const having = readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .filter((name) =>
      /\\p\{(C[cfns]?|Z[lp]|Default_Ignorable|Noncharacter)|\[\^?\\?(x00|u0000|0-)[^\]]*\\x(1f|20)|\[\^\\x20/.test(
        readFileSync(join(src, name), "utf8"),
      ),
    );
  // What a data URI can't hold is no question of what is seen, nor is what a font need not draw.
  const others = ["charts/glyphs.ts", "notebook/output/chart-bundle.ts"];
  expect(having.sort()).toEqual(["domain/plain-text.ts", ...others].sort());
});
