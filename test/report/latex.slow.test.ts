import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, it } from "vitest";
import { blendTable } from "../../src/report/methods/blend-table.js";
import { qualityTable } from "../../src/report/methods/quality-table.js";
import { promptTable } from "../../src/report/prompts/prompt-table.js";
import { compareTtft } from "../../src/report/ttft/ttft-comparison.js";
import { ttftTable } from "../../src/report/ttft/ttft-table.js";
import { Table } from "../../src/tables/table.js";
import { REPORT_ROWS } from "./report-rows.js";
import { rows } from "./ttft-rows.js";

/** Debian's names of what the tables need; the last three are for Chinese. */
const PACKAGES =
  "texlive-latex-recommended poppler-utils latex-cjk-chinese latex-cjk-chinese-arphic-gbsn00lp";

const folder = mkdtempSync(join(tmpdir(), "latex-"));
afterAll(() => rmSync(folder, { recursive: true }));

let missing: string | null = null;
beforeAll(() => {
  const found = (command: string) => spawnSync(command, ["-v"]).error === undefined;
  if (found("pdflatex") && found("pdftotext")) return;
  missing = `pdflatex and pdftotext are needed: apt-get install ${PACKAGES}`;
  if (process.env.FIRSTTOKEN_REQUIRE_ALL === "1") throw new Error(missing);
  console.warn(`Skipped: ${missing}`);
});

/** Compiles a document and returns its words, as a reader of the PDF finds them. */
function compiled(name: string, preamble: string, body: string): string {
  const source = `\\documentclass{article}\n\\usepackage{booktabs,graphicx}\n${preamble}\n\\begin{document}\n${body}\n\\end{document}\n`;
  writeFileSync(join(folder, `${name}.tex`), source);
  const run = (command: string, args: readonly string[]) => {
    const { status, stdout } = spawnSync(command, args, { cwd: folder, encoding: "utf8", timeout: 60_000 });
    if (status !== 0) throw new Error(`${command} failed:\n${stdout.slice(-2_000)}`);
    const [overrun] = /Overfull \\hbox.*/.exec(stdout) ?? [];
    if (overrun !== undefined) throw new Error(`${name} runs into the margin: ${overrun}`);
    return stdout;
  };
  run("pdflatex", ["-interaction=nonstopmode", "-halt-on-error", `${name}.tex`]);
  return run("pdftotext", ["-layout", `${name}.pdf`, "-"]).replace(/\s+/g, " ");
}

const hostile = "50% of_it & #1 {a} \\b ~c^d <e> |f| $g$ [h]";
const sweep = REPORT_ROWS.ttft.filter(({ prompt_kind }) => prompt_kind === null);

describe("a real LaTeX", () => {
  it("compiles every table, whatever its labels hold", ({ expect, skip }) => {
    if (missing !== null) return skip(missing);
    const named = sweep.map((row) => ({ ...row, label: row.label === "vLLM" ? row.label : hostile }));
    const tables = [
      ttftTable(named),
      ttftTable(named, { baseline: "vLLM" }),
      compareTtft(named, { baseline: "vLLM" }),
      blendTable(REPORT_ROWS.blend),
      qualityTable(REPORT_ROWS.quality),
      promptTable(rows("a", "cold", [0.5, 0.6], { prompt_kind: hostile, prompt: `${hostile} `.repeat(4) })),
    ];
    const body = tables
      .map(({ latex }) => `\\begin{table}[p]\\small ${latex}\n\\end{table}\\clearpage`)
      .join("\n\n");
    const words = compiled("tables", "", body);
    expect(words).toContain("50% of it & #1 {a}");
    expect(words).toContain("\\b ");
    expect(words).toContain("<e> |f| $g$ [h]");
    expect(words).toContain("4.00 [3.83, 4.18]");
    expect(words).toContain("128 ± 2");
    expect(words).toContain("Bold: the best of its group");
  });

  it("compiles any text in any cell in seconds, and prints it", ({ expect, skip }) => {
    if (missing !== null) return skip(missing);
    const pieces = [
      ..."\\\\ % & # _ { } ~ ^ ^^ ^^M $ $$ < > | - -- --- \" ' '' \" `` ?` !` ,, << [ ] * [9999pt] *[3cm] @ : ; = / ( )".split(
        " ",
      ),
      ...[
        "\\\\[",
        "\\\\*",
        "\\end{tabular}",
        "\\input{x}",
        "\\def\\x{\\x}\\x",
        "% [",
        "\u0001",
        "\u0085",
        "\n\n",
        "\t",
        " ",
        "  ",
      ],
      ...[
        "😀",
        "𝒳",
        "é",
        "\u00a0",
        "\u2009",
        "\u3000".trim(),
        "\ud800",
        "\u202e",
        "\u200b",
        "…",
        "—",
        "×",
        "Δ",
        "a",
        "1",
        "",
      ],
    ];
    const texts = fc.sample(
      fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((some) => some.join("")),
      { numRuns: 300, seed: 12 },
    );
    const beginnings = [
      "\u0001[9999999pt]",
      " [1cm]",
      "\t*",
      "[",
      "*",
      " ",
      "\u2028[",
      "\u200b[x]",
      "\\",
      "%",
      "^^M",
    ];
    const table = new Table({
      columns: [
        { header: "[a", align: "left", isKey: true },
        { header: "\u0001* b\n[c", align: "right" },
      ],
      lines: [...texts, ...beginnings].map((text) => ({ cells: [{ text }, { text, note: "[n" }], data: {} })),
      notes: [...beginnings, ...texts.slice(0, 50)],
      alarms: beginnings,
    });
    const rows = table.latex.split("\n");
    // A page takes some rows of a tabular, which does not break.
    const first = rows.indexOf("\\midrule") + 1;
    const last = rows.indexOf("\\bottomrule");
    const pages = Array.from({ length: Math.ceil((last - first) / 30) }, (_, page) =>
      [
        ...rows.slice(0, first),
        ...rows.slice(first, last).slice(30 * page, 30 * page + 30),
        "\\bottomrule",
      ].join("\n"),
    );
    const words = compiled(
      "any",
      // As babel makes it in some languages, a quotation mark is a command; here one that fails.
      '\\begingroup\\catcode34=\\active\\gdef"{\\forbidden}\\endgroup\\AtBeginDocument{\\catcode34=\\active}\\hbadness=10000 \\hfuzz=\\maxdimen',
      [...pages.map((page) => `{\\tiny ${page}\n\\end{tabular}}\\clearpage`), ...rows.slice(last + 2)].join(
        "\n",
      ),
    );
    expect(words).toContain("[9999999pt]");
    expect(words).toContain("U+1F600");
  });

  it("compiles the prompt table in Chinese", ({ expect, skip }) => {
    if (missing !== null) return skip(missing);
    const { latex } = promptTable(REPORT_ROWS.ttft.slice(-10), { language: "zh" });
    const body = `\\begin{CJK}{UTF8}{gbsn}\n${latex}\n\\end{CJK}`;
    const words = compiled("chinese", "\\usepackage{CJKutf8}", body);
    expect(words).toContain("冷缓存");
    expect(words).toContain("优秀");
    expect(words).toContain("1.50 [1.44, 1.57]");
  });
});
