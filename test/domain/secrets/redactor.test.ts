import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withoutKeys } from "../../../src/domain/secrets/named-secrets.js";
import { redactedBody, redactedStream, redactor } from "../../../src/domain/secrets/redactor.js";

const KEY = "sk-Zx81-Qw09/y+z_77b";
const redact = redactor([KEY]);
const base64 = (text: string) => Buffer.from(text).toString("base64");
const percent = (text: string) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join("");

describe("a secret is hidden", () => {
  it.each([
    ["as it is", KEY],
    ["inside a word", `x${KEY}y`],
    ["in capitals", KEY.toUpperCase()],
    ["escaped for JSON", '"sk-Zx81-Qw09\\/y+z_77b"'],
    [
      "escaped for JSON, each character",
      [...KEY].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join(""),
    ],
    ["escaped for JSON inside JSON", JSON.stringify(JSON.stringify("sk-\u005ax81-Qw09\\/y+z_77b"))],
    ["escaped for a URL", encodeURIComponent(KEY)],
    ["escaped for a URL, each character", percent(KEY)],
    ["escaped for a URL twice", encodeURIComponent(percent(KEY))],
    ["escaped for HTML", [...KEY].map((c) => `&#${c.charCodeAt(0)};`).join("")],
    ["escaped for HTML twice", [...KEY].map((c) => `&amp;#x${c.charCodeAt(0).toString(16)};`).join("")],
    ["in base64", base64(KEY)],
    ["in base64 behind a name", base64(`user:${KEY}`)],
    ["in base64 behind a scheme, and before more", base64(`Bearer ${KEY} and so on`)],
    ["in base64 of URLs", Buffer.from(`u:${KEY}`).toString("base64url")],
    ["in base64 with line ends", base64(`me:${KEY}`).replace(/.{7}/g, "$&\r\n")],
    ["in base64 inside JSON", JSON.stringify(base64(`m:${KEY}`)).replaceAll("/", "\\/")],
    ["in hex", Buffer.from(KEY).toString("hex")],
    ["over a line end", `${KEY.slice(0, 9)}\n${KEY.slice(9)}`],
    ["over an escaped line end", `${KEY.slice(0, 9)}\\n${KEY.slice(9)}`],
    ["over a folded line", `${KEY.slice(0, 9)} \r\n\t ${KEY.slice(9)}`],
    ["with a character of no width in it", `${KEY.slice(0, 4)}\u200b${KEY.slice(4)}`],
    ["with a tag that nobody sees in it", `${KEY.slice(0, 4)}\u{e0041}${KEY.slice(4)}`],
    ["over a line end that became a space", `${KEY.slice(0, 9)} ${KEY.slice(9)}`],
    ["with a colour in it", `${KEY.slice(0, 4)}\u001b[31m${KEY.slice(4)}`],
    ["cut at its end", KEY.slice(0, 14)],
    ["cut at its beginning", KEY.slice(-14)],
  ])("%s", (_, form) => {
    const shown = redact(`the key ${form}, it says`);
    expect(shown).toMatch(/^the key .{0,14}\[redacted\].{0,24}, it says$/s);
    expect(shown).not.toContain(KEY.slice(6, 12));
  });

  it("that holds what JSON escapes, in both forms", () => {
    const odd = `sk-"quoted' \\ # key: {0123456789}`;
    const hide = redactor([odd]);
    for (const form of [odd, JSON.stringify(odd), JSON.stringify(JSON.stringify(odd))])
      expect(hide(form)).not.toMatch(/quoted|0123/);
  });

  it("that is no ASCII, as it is and as URLs, JSON and those who mistake its bytes have it", () => {
    for (const odd of [
      "schlüssel-ключ-密钥-12345",
      "🔑🔑🔑key12345",
      "İSTANBUL-Σ-12345678",
      "ΚΛΕΙΔΙΆΣ-1234",
    ]) {
      const hide = redactor([odd]);
      const bytes = Buffer.from(odd);
      for (const form of [
        odd,
        odd.toUpperCase(),
        encodeURIComponent(odd),
        encodeURIComponent(encodeURIComponent(odd)),
        percent(odd),
        percent(odd).replaceAll("%", "\\x"),
        bytes.toString("latin1"),
        bytes.toString("hex"),
        base64(odd),
      ])
        expect(hide(`the key ${form}, it says`)).toMatch(/^the key .{0,9}\[redacted\].{0,9}, it says$/s);
    }
  });

  it("that holds spaces, in a query", () => {
    const phrase = "correct horse battery staple 9";
    expect(redactor([phrase])(`?${new URLSearchParams({ q: phrase })}&n=1`)).toBe("?q=[redacted]&n=1");
  });

  it("beside letters that are longer in lower case", () => {
    expect(redact(`İstanbul: ${KEY}, İ`)).toBe("İstanbul: [redacted], İ");
    expect(redact(`ΟΔΟΣ ${KEY.toUpperCase()}`)).toBe("ΟΔΟΣ [redacted]");
  });

  it("that is long, where a server or a limit has cut it", () => {
    const token = Array.from({ length: 200 }, (_, i) => (i * 7919).toString(36)).join("");
    const hide = redactor([token]);
    expect(hide(`got ${token.slice(0, 60)}`)).toBe("got [redacted]");
    expect(hide(`…${token.slice(-300)}.`)).toBe("…[redacted].");
  });

  it("with others that overlap it, once", () => {
    const hide = redactor(["sk-0123456789", "sk-0123456789-and-more"]);
    expect(hide("a sk-0123456789-and-more b sk-0123456789 c")).toBe("a [redacted] b [redacted] c");
  });
});

describe("what is no secret stays", () => {
  it.each([
    ["short words", ["test", "abc", "1234"], "a test of abc, 1234 tokens"],
    [
      "customary keys of servers without one",
      ["EMPTY", "lm-studio", "not-needed"],
      "EMPTY lm-studio not-needed",
    ],
    ["words that hold a word", ["password", "hunter2"], "passwords, hunter22, unhunter2"],
    ["a part that many keys have", ["sk-proj-0123456789abcdef"], "sk-proj-01 is how a key begins"],
    ["nothing", ["", "  "], "as it was"],
  ])("%s", (_, secrets, text) => expect(redactor(secrets)(text)).toBe(text));

  it("but short ones with a letter and a sign or digit, and words, where they stand alone", () => {
    const hide = redactor(["sk-1234", "password", "a.b*c"]);
    expect(hide("sk-1234: (Password) a.b*c axb")).toBe("[redacted]: ([redacted]) [redacted] axb");
  });

  it("numbers in JSON, where a key is all digits", () => {
    const hide = redactor(["12345678"]);
    expect(redactedBody('{"count":12345678,"said":"key 12345678"}', hide)).toBe(
      '{"count":12345678,"said":"key [redacted]"}',
    );
  });

  it.each([
    "ffmpeg.txt",
    "multinews-sample.jsonl",
    "samsum-sample.json",
  ])("all of %s, whatever the key", (name) => {
    const text = readFileSync(new URL(`../../../datasets/${name}`, import.meta.url), "utf8");
    const keys = [
      "test",
      "key",
      "hunter2",
      "sk-1234",
      "vllm-key",
      "local-key",
      "abc123",
      "1234567890",
      "sk-0123456789abcdef",
    ];
    expect(redactor(keys)(text)).toBe(text);
    expect(withoutKeys(text)).toBe(text);
  });

  it("any text without the secret", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => redact(text) === text));
  });
});

describe("any secret", () => {
  const secret = fc
    .string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 12,
      maxLength: 60,
    })
    .filter((text) => !/^(.)\1*$/.test(text) && !/^[a-z]+$/i.test(text));

  it("is hidden in any form behind any text", () => {
    const forms: readonly ((text: string) => string)[] = [
      (text) => text,
      (text) => JSON.stringify(text),
      (text) => JSON.stringify({ error: JSON.stringify(text) }),
      encodeURIComponent,
      percent,
      base64,
    ];
    fc.assert(
      fc.property(secret, fc.string({ maxLength: 9 }), fc.constantFrom(...forms), (key, before, form) => {
        const shown = redactor([key])(form(before + key));
        expect(shown).toContain("[redacted]");
        expect(shown).not.toContain(form(key).slice(2, -3));
      }),
    );
  });

  it("is shown by no piece of a stream, wherever it is cut", () => {
    const text = fc.string({ unit: fc.constantFrom("s", "k", "-", "a", " ", "\\", "%", "é"), maxLength: 12 });
    fc.assert(
      fc.property(secret, text, text, fc.array(fc.nat(80), { maxLength: 8 }), (key, before, after, cuts) => {
        const whole = before + key + after;
        const places = [
          0,
          ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b),
          whole.length,
        ];
        const hide = redactor([key]);
        let shown = "";
        const stream = redactedStream(hide, (piece) => (shown += piece));
        for (let i = 1; i < places.length; i++) stream.take(whole.slice(places[i - 1], places[i]));
        stream.end();
        expect(shown).not.toContain(key);
        expect(hide(shown)).toBe(shown);
        expect(shown).toContain("[redacted]");
      }),
    );
  });

  it("is waited for by no piece of a stream that has none", () => {
    const piece = fc.string({
      unit: fc.constantFrom("s", "k", "-", "Z", " ", "\\", "%", "&", "é"),
      maxLength: 9,
    });
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        let shown = "";
        const stream = redactedStream(redact, (text) => (shown += text));
        for (const text of pieces) stream.take(text);
        stream.end();
        expect(shown).toBe(pieces.join(""));
      }),
    );
  });

  it("is looked for in time that grows with the text, whatever it is made of", () => {
    for (const unit of [" ", "\\", "&amp;", "%25", "\n ", "s", "sk-"]) {
      const text = unit.repeat(200_000);
      expect(redact(text)).toBe(text);
    }
  });
});
