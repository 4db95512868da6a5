import { OptionError } from "../../domain/errors/errors.js";
import { jsonText } from "../../domain/json.js";
import { plainText } from "../../domain/plain-text.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import type { LoadSummaryRow } from "../../logs/load-summary.js";
import { summariseLoadLogs } from "../../logs/summarise-load-logs.js";
import { levelName } from "../../report/load/measures/load-level.js";
import { formatCount, formatMs } from "../../tables/format.js";
import { Table } from "../../tables/table.js";
import { type Cell, type Column, missing } from "../../tables/table-parts.js";
import { type Console, colour } from "../screen/console.js";
import { printTable } from "../screen/table-screen.js";
import { sourcesOf } from "./log-arguments.js";

/** The flags of a report that a summary has too. */
interface SummaryFlags {
  readonly first_token: FirstToken;
  readonly json?: true;
}

/** The flags that a summary has; the others ask for what only rows in memory can show. */
const OWN_FLAGS = ["summary", "json", "first_token"];

/**
 * Prints the summary of loads in Parquet that DuckDB computes, and nothing else.
 *
 * @param given the flags on the command line.
 */
export async function printSummary(
  { out, err }: Console,
  logs: readonly string[],
  flags: SummaryFlags,
  given: readonly string[],
): Promise<number> {
  const other = given.find((flag) => !OWN_FLAGS.some((own) => flag === `--${own}`));
  if (other !== undefined)
    throw new OptionError(
      "--summary",
      `can't be combined with ${other}: it prints counts and quantiles`,
      true,
    );
  const rows = await summariseLoadLogs(sourcesOf(logs), {
    firstToken: flags.first_token,
    onProblem: ({ message }) => err.write(`${colour(err, 33, plainText(message))}\n`),
  });
  if (flags.json) out.write(`${jsonText(rows)}\n`);
  else printTable({ out, err }, summaryTable(rows), "text");
  return 0;
}

const QUANTILES = ["p50", "p90", "p95", "p99"] as const;

function summaryTable(rows: readonly LoadSummaryRow[]): Table {
  const told = (
    name: string,
    of: (row: LoadSummaryRow) => number,
  ): [Column, (row: LoadSummaryRow) => Cell][] =>
    rows.some((row) => of(row) > 0)
      ? [[{ header: name, align: "right" }, (row) => ({ text: formatCount(of(row)) })]]
      : [];
  const seconds = (
    name: string,
    of: (row: LoadSummaryRow) => number | null,
  ): [Column, (row: LoadSummaryRow) => Cell] => [
    { header: `TTFT\n${name}`, unit: "ms", align: "right" },
    (row) => {
      const value = of(row);
      return value === null ? missing(whyNone(row)) : { text: formatMs(value) };
    },
  ];
  const missingRequests = rows.reduce((sum, { missing_n }) => sum + (missing_n ?? 0), 0);
  const models = new Set(rows.map(({ model }) => model)).size > 1;
  const columns: [Column, (row: LoadSummaryRow) => Cell][] = [
    [{ header: "label", align: "left", isKey: true, widest: 24 }, ({ label }) => ({ text: label })],
    ...(models
      ? ([
          [
            { header: "model", align: "left", isKey: true, widest: 24 },
            ({ model }) => ({ text: model ?? "—" }),
          ],
        ] as [Column, (row: LoadSummaryRow) => Cell][])
      : []),
    [{ header: "load", align: "right", isKey: true }, (row) => ({ text: levelName(row) })],
    [{ header: "n", align: "right" }, ({ n }) => ({ text: formatCount(n) })],
    ...told("failed", ({ failed_n }) => failed_n),
    ...told("excluded", ({ excluded_n, cut_n }) => excluded_n + cut_n),
    ...told("no token", ({ tokenless_n }) => tokenless_n),
    seconds("mean", ({ mean_seconds }) => mean_seconds),
    ...QUANTILES.map((name) => seconds(name, (row) => row[`${name}_seconds`])),
  ];
  return new Table({
    columns: columns.map(([column]) => column),
    lines: rows.map((row) => ({ cells: columns.map(([, cell]) => cell(row)), data: {} })),
    notes: [
      ...(missingRequests > 0
        ? [`${formatCount(missingRequests)} measured requests of these runs are in none of the files.`]
        : []),
      ...(rows.some(({ partial_blocks }) => partial_blocks > 0)
        ? ["Blocks that lack more than 5 % of their requests are left out."]
        : []),
      ...(rows.some(({ settled }) => settled === null)
        ? [
            "Whether TTFT kept its level is not known of all levels: the rows do not say it, as where several processes sent a block.",
          ]
        : []),
      "Computed by DuckDB; quantiles are exact (type 7).",
    ],
  });
}

function whyNone({ settled, blocks, n }: LoadSummaryRow): string {
  if (settled === false) return "TTFT never settled: it rose or fell in half of the blocks or more";
  if (blocks === 0) return "parts of the run did not send their requests in any of its blocks";
  return n === 0 ? "no request counts" : "too few requests count for it";
}
