import { inspect } from "node:util";
import fc from "fast-check";
import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { displayWidth, fold, pad, shorten, wrap } from "../../src/tables/display-width.js";
import {
  formatFixed,
  formatInterval,
  formatMs,
  formatNumber,
  formatSpread,
} from "../../src/tables/format.js";
import { Table } from "../../src/tables/table.js";
import { letters, missing } from "../../src/tables/table-parts.js";

const table = new Table({
  columns: [
    { header: "label", align: "left", isKey: true },
    { header: "TTFT", unit: "ms", align: "right" },
  ],
  lines: [
    {
      cells: [{ text: "a|b & <b>50%</b> _x_" }, { text: "429" }],
      data: { label: 'a "b", c', seconds: 0.4291 },
    },
    { cells: [{ text: "缓存" }, missing("no request")], data: { label: "缓存", seconds: null } },
    { cells: [{ text: "[c] --on" }, missing("no request")], data: { label: "=1\n+2", seconds: 1e-7 } },
  ],
  notes: ["A note with <i>signs</i> & 5 %."],
});

describe("a table", () => {
  it("prints itself as text, aligned also where letters are two columns wide", () => {
    expect(table.text).toBe(
      [
        "                      TTFT",
        "label                 (ms)",
        "────────────────────  ────",
        "a|b & <b>50%</b> _x_   429",
        "缓存                    —ᵃ",
        "[c] --on                —ᵃ",
        "",
        "ᵃ no request",
        "A note with <i>signs</i> & 5 %.",
      ].join("\n"),
    );
    expect(`${table}`).toBe(table.text);
    expect(inspect(table)).toBe(table.text);
  });

  it("prints Markdown in which nothing of the text is markup", () => {
    expect(table.markdown).toBe(
      [
        "| label | TTFT (ms) |",
        "| :--- | ---: |",
        "| a\\|b &amp; &lt;b&gt;50%&lt;/b&gt; \\_x\\_ | 429 |",
        "| 缓存 | —<sup>a</sup> |",
        "| \\[c\\] --on | —<sup>a</sup> |",
        "",
        "<sup>a</sup> no request",
        "",
        "A note with &lt;i&gt;signs&lt;/i&gt; &amp; 5 %.",
      ].join("\n"),
    );
  });

  it("prints LaTeX for booktabs in which nothing of the text is a command", () => {
    expect(table.latex).toBe(
      [
        "\\begin{tabular}{lr}",
        "\\toprule",
        "label & TTFT (ms) \\\\",
        "\\midrule",
        "a\\textbar{}b \\& \\textless{}b\\textgreater{}50\\%\\textless{}/b\\textgreater{} \\_x\\_ & 429 \\\\",
        "缓存 & ---\\textsuperscript{a} \\\\",
        "{}[c] -{}-on & ---\\textsuperscript{a} \\\\",
        "\\bottomrule",
        "\\end{tabular}",
        "\\par\\smallskip",
        "{\\footnotesize \\textsuperscript{a}~no request\\par",
        "A note with \\textless{}i\\textgreater{}signs\\textless{}/i\\textgreater{} \\& 5 \\%.\\par}",
      ].join("\n"),
    );
  });

  it("prints LaTeX with headers in lines, minus signs, and long texts in a column that breaks them", () => {
    const { latex } = new Table({
      columns: [
        { header: "prompt", align: "left" },
        { header: "Δ\n[95 % CI]", unit: "ms", align: "right" },
      ],
      lines: [{ cells: [{ text: "word ".repeat(10) }, { text: "-0.82 [-0.9, 0.1]" }], data: {} }],
      notes: [],
    });
    expect(latex.split("\n").slice(0, 6)).toEqual([
      "\\begin{tabular}{p{16em}r}",
      "\\toprule",
      " & $\\Delta$ \\\\",
      "prompt & {}[95 \\% CI] (ms) \\\\",
      "\\midrule",
      `${"word ".repeat(10)} & $-$0.82 [$-$0.9, 0.1] \\\\`,
    ]);
  });

  it("scales LaTeX that is wider than a line down to it, and continues what is wider still below", () => {
    const wide = (columns: number) =>
      new Table({
        columns: [
          { header: "label", align: "left", isKey: true },
          ...Array.from({ length: columns }, (_, i) => ({
            header: `column ${i + 1} of some`,
            align: "right" as const,
          })),
        ],
        lines: [{ cells: Array.from({ length: columns + 1 }, (_, i) => ({ text: String(i) })), data: {} }],
        notes: [],
      }).latex;
    expect(wide(2)).not.toContain("resizebox");
    expect(wide(4)).toMatch(/^\\noindent\\resizebox\{.*\}\{!\}\{%\n\\begin\{tabular\}\{lrrrr\}/);
    expect(wide(4)).toMatch(/\\end\{tabular\}\}$/);
    const blocks = wide(8).split("\\begin{tabular}").slice(1);
    expect(blocks.map((block) => /^\{[^\n]*\}/.exec(block)![0])).toEqual(["{@{}l@{}}", "{lrrrrr}", "{lrrr}"]);
    expect(blocks[2]).toContain("label & column 6 of some & column 7");
    expect(blocks[2]).toContain("0 & 6 & 7 & 8");
  });

  it("prints CSV by RFC 4180, every digit, nothing for what is missing", () => {
    expect(table.csv).toBe('label,seconds\r\n"a ""b"", c",0.4291\r\n缓存,\r\n"\'=1\n+2",1e-7\r\n');
  });

  it("prints CSV in which no text is a formula, numbers are numbers, and raw CSV in which texts are as they are", () => {
    const csvOf = (value: string | number | boolean | null) =>
      new Table({ columns: [], lines: [{ cells: [], data: { x: value } }], notes: [] });
    const texts = [
      "=1+1",
      "+1",
      "-1",
      "@SUM(A1)",
      "\t=1",
      "\r=1",
      "\n=1",
      " =1",
      "＝1",
      "－1",
      "=cmd|' /C calc'!A0",
    ];
    for (const text of texts) {
      const quoted = /[\r\n]/.test(text) ? (body: string) => `"${body}"` : (body: string) => body;
      expect(csvOf(text).csv).toBe(`x\r\n${quoted(`'${text}`)}\r\n`);
      expect(csvOf(text).rawCsv).toBe(`x\r\n${quoted(text)}\r\n`);
    }
    for (const text of ["a=1", "1-1", "'=1", "vLLM", "", "#1", "50%", "(1)"])
      expect(csvOf(text).csv).toBe(`x\r\n${text}\r\n`);
    for (const value of [-1.5, -0, 1e-7, 3, true, null])
      expect(csvOf(value).csv).toBe(`x\r\n${value ?? ""}\r\n`);
    expect(csvOf("a\u001b[31m\u009b\u202eb\tc").csv).toBe("x\r\na[31mb\tc\r\n");
    for (const unseen of ["\u0000", "\u200b", "\u202e", "\ufeff", "\u{e0041}", " \u2060 "])
      expect(csvOf(`${unseen}=1`).csv).toMatch(/^x\r\n' *=1\r\n$/);
    // A key comes from a log too.
    const keyed = new Table({ columns: [], lines: [{ cells: [], data: { "=1+1": 1 } }], notes: [] });
    expect(keyed.csv).toBe("'=1+1\r\n1\r\n");
  });

  it("prints Markdown in which no text is markup, a link, a picture, a border or a new line", () => {
    const evil =
      "| a\n\n# b\n```js\n<img src=x onerror=alert(1)> [x](javascript:alert(1)) ![y](http://evil.test/y) <http://evil.test> http://evil.test/?a=1 www.evil.test me@evil.test ~~c~~ $x^2$ &lt; :tada: \\\\| @user #1";
    const { markdown } = new Table({
      columns: [{ header: evil, align: "left" }],
      lines: [{ cells: [{ text: evil, note: evil }], data: {} }],
      notes: [evil],
      alarms: [evil],
    });
    const plain = markdown.replace(/\\./g, "");
    expect(plain.split("\n").filter((line) => line.startsWith("|"))).toHaveLength(3);
    expect(plain.split("\n").filter((line) => line !== "").length).toBe(6);
    expect(plain.replace(/<sup>a<\/sup>/g, "")).not.toMatch(/[`[\]~$<]|:\/\/|www\.|^\s*#|^ {4}/m);
    for (const begin of ["# x", "- x", "+ x", "1. x", "2) x", "===", "---", "    x"]) {
      const { markdown: noted } = new Table({ columns: [], lines: [], notes: [begin] });
      expect(noted.split("\n").at(-1)).toMatch(/^(\d?\\[#+.)=-]|x$)/);
    }
  });

  it("prints HTML in which labels are text, whatever they hold", () => {
    const evil = '<script>alert(1)</script><img src=x onerror="alert(1)">';
    const html = new Table({
      columns: [{ header: evil, align: "left" }],
      lines: [{ cells: [{ text: evil, note: evil }], data: {} }],
      notes: [evil],
    }).html;
    const { document } = new JSDOM(html).window;
    expect(document.querySelectorAll("script, img")).toHaveLength(0);
    expect(document.querySelector("td")!.textContent).toBe(`${evil}a`);
    expect(document.querySelector("th")!.textContent).toBe(evil);
    expect(document.querySelector("tfoot td")!.textContent).toBe(`a ${evil}${evil}`);
  });

  it("gives its rows as data, also to JSON", () => {
    expect(table.rows[0]).toEqual({ label: 'a "b", c', seconds: 0.4291 });
    expect(JSON.parse(JSON.stringify(table))).toEqual(table.rows);
    expect(table.footnotes).toEqual(["no request", "A note with <i>signs</i> & 5 %."]);
  });

  it("keeps to one line a row, without the terminal's control codes", () => {
    const hostile = "a\u001b[31mred\nnext\tline\u202e";
    const { text, markdown } = new Table({
      columns: [{ header: "x", align: "left" }],
      lines: [{ cells: [{ text: hostile }], data: {} }],
      notes: [hostile],
    });
    expect(text.split("\n")).toHaveLength(5);
    for (const code of ["\u001b", "\t", "\u202e"]) expect(text + markdown).not.toContain(code);
  });

  it("survives any text in every form", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const any = new Table({
          columns: [{ header: text, align: "right", widest: 30 }],
          lines: [{ cells: [{ text, note: text }], data: { text } }],
          notes: [text],
        });
        const html = JSDOM.fragment(any.html);
        expect(html.querySelectorAll("td")).toHaveLength(2);
        expect(html.querySelectorAll("table, thead, tbody, tfoot, tr, th, td, sup, br").length).toBe(
          html.querySelectorAll("*").length,
        );
        expect(any.latex.split("\\begin{")).toHaveLength(2);
        expect(any.markdown.split("\n")[2]!.replace(/\\./g, "").split("|")).toHaveLength(3);
        expect(any.text).not.toBe("");
      }),
      { numRuns: 50 },
    );
  });
});

describe("numbers", () => {
  it.each([
    [0, "0"],
    [9.8149, "9.81"],
    [0.04291, "0.0429"],
    [429.13, "429"],
    [99.96, "100"],
    [999.6, "1,000"],
    [12345.6, "12,346"],
    [-1.5, "−1.50"],
    [1e-9, "0.00000000100"],
  ])("%d prints as %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it("print times in milliseconds, however long, and every minus as a minus sign", () => {
    expect(formatMs(0.4291)).toBe("429");
    expect(formatMs(134.2)).toBe("134,200");
    expect(formatMs(-0.0015)).toBe("\u22121.50");
    expect(formatFixed(-0.0417, 3)).toBe("\u22120.042");
    expect(formatFixed(-0.0001, 3)).toBe("0.000");
    expect(formatSpread(0.4291, 0.0123)).toBe("429 ± 12");
    expect(formatSpread(1.8213, 1.3392)).toBe("1,821 ± 1,339");
    expect(formatSpread(0.004291, 0.00123)).toBe("4.29 ± 1.23");
    expect(formatInterval({ estimate: -1.5, low: -2, high: 0.5 })).toBe("\u22121.50 [\u22122.00, 0.500]");
    expect(formatInterval({ estimate: 9.81, low: 9.12, high: 10.4 })).toBe("9.81 [9.12, 10.4]");
  });
});

describe("a table in a narrow terminal", () => {
  const LABELS = [
    "meta-llama/Meta-Llama-3.1-70B-Instruct on two A40",
    "meta-llama/Meta-Llama-3.1-70B",
    "缓存",
  ];
  const PROMPT = "How does the question change what the cache saves, and by how much?";
  const many = (more: number) =>
    new Table({
      columns: [
        { header: "label", align: "left", isKey: true, widest: 20 },
        { header: "prompt", align: "left", widest: 30 },
        ...["direct", "proxied"].flatMap((side) =>
          Array.from({ length: more }, (_, i) => ({
            header: `first chunk after sent number ${i}\nmedian\n${side}`,
            unit: "ms",
            align: "right" as const,
          })),
        ),
        { header: "ratio\n[95 % CI]", align: "right" },
      ],
      lines: LABELS.map((label) => ({
        cells: [
          { text: label },
          { text: PROMPT },
          ...Array.from({ length: 2 * more }, (_, i) => ({ text: `1,2${i}3` })),
          { text: "−1.04 [−0.649, 1.76]" },
        ],
        data: {},
      })),
      notes: [],
    });
  const squeezed = (text: string) => text.replace(/\s+/g, "");

  it.each([40, 60, 80, 100, 120, 200])("keeps to %d columns, and to whole words and numbers", (width) => {
    for (const more of [0, 1, 3]) {
      const text = many(more).textIn(width);
      for (const line of text.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      expect(text).not.toContain("…");
      expect(text.match(/−1\.04 \[−0\.649, 1\.76\]/g)).toHaveLength(LABELS.length);
      for (const word of [...PROMPT.split(" "), "meta-llama/", "Instruct"]) expect(text).toContain(word);
    }
  });

  it("says every column's name in full, so that no two look alike", () => {
    const text = squeezed(many(2).textIn(60));
    for (const side of ["direct", "proxied"]) expect(text).toContain(`median${side}(ms)`);
  });

  it("folds nothing where everything has room", () => {
    const text = many(0).textIn(200);
    for (const label of LABELS) expect(text).toContain(`${label} `);
    expect(text).toContain(PROMPT);
  });

  it("cuts a name of hundreds of letters, but not where it differs from another", () => {
    const of = (end: string) => ({ cells: [{ text: `${"word ".repeat(40)}${end}` }], data: {} });
    const columns = [{ header: "label", align: "left", isKey: true, widest: 24 }] as const;
    const text = new Table({ columns, lines: [of("one"), of("two")], notes: [] }).textIn(60);
    expect(text).toMatch(/o…\nword.*\nt…/s);
    const long = new Table({ columns, lines: [of("one"), of("x".repeat(9_999))], notes: [] }).textIn(60);
    expect(long.length).toBeLessThan(1_000);
  });
});

describe("sentences", () => {
  it("break no interval, and no number from what it counts", () => {
    const sentence =
      "CacheBlend 15% at 1,024 tokens: first token 1.89 [1.41, 2.18] times sooner, TTFT ≤ 0.5 s, × 2.72 ± 0.1, 8 ms, 95 % of −4 [−5, −3].";
    for (let width = 20; width < 120; width++) {
      const lines = wrap(sentence, width);
      expect(lines.join(" ")).toBe(sentence);
      for (const line of lines) {
        expect(line).not.toMatch(/[\d]$|[×≤±]$|^(?:ms|s|%|tokens)\b|^\[/);
        expect(line.split("[").length).toBe(line.split("]").length);
        expect(displayWidth(line)).toBeLessThanOrEqual(
          Math.max(width, "token 1.89 [1.41, 2.18] times".length),
        );
      }
    }
  });
});

describe("widths", () => {
  it("count what a terminal draws", () => {
    expect(displayWidth("abc")).toBe(3);
    expect(displayWidth("缓存效果")).toBe(8);
    expect(displayWidth("ＡＢ")).toBe(4);
    expect(displayWidth("e\u0301")).toBe(1);
    expect(displayWidth("👩‍🔬")).toBe(2);
    expect(displayWidth("×±—ᵃ")).toBe(4);
  });

  it("cut, fill and wrap by them", () => {
    expect(shorten("缓存效果", 5)).toBe("缓存…");
    expect(shorten("abc", 3)).toBe("abc");
    expect(pad("缓存", 6, "right")).toBe("  缓存");
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
    expect(fold("meta-llama/Llama-3.1 on A40", 12)).toEqual(["meta-llama/", "Llama-3.1 on", "A40"]);
    expect(fold("请用中文总结这个文档", 12)).toEqual(["请用中文总结", "这个文档"]);
    expect(fold("", 12)).toEqual([""]);
    expect(letters(25) + letters(26)).toBe("zaa");
  });
});
