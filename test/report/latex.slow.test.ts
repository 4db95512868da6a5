import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { blendTable } from "../../src/report/blend-table.js";
import { promptTable } from "../../src/report/prompt-table.js";
import { qualityTable } from "../../src/report/quality-table.js";
import { compareTtft } from "../../src/report/ttft-comparison.js";
import { ttftTable } from "../../src/report/ttft-table.js";
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
    const { status, stdout } = spawnSync(command, args, { cwd: folder, encoding: "utf8" });
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
