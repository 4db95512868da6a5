import { jsonText } from "../../domain/json.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import { ttftChart } from "../../report/ttft/ttft-chart.js";
import { ttftTable } from "../../report/ttft/ttft-table.js";
import type { Console, TableFormat } from "./console.js";
import { drawChart } from "./drawn-chart.js";
import { printTable } from "./table-screen.js";

/** The table and the chart of a run of `ttft`, where another form than its lines or a chart is asked for. */
export async function ttftOutput(
  console: Console,
  {
    format,
    first_token,
    ...picture
  }: {
    readonly format: TableFormat;
    readonly chart?: string;
    readonly font?: string;
    readonly first_token: FirstToken;
  },
  records: readonly TtftRecord[],
): Promise<void> {
  const rows = records.map((row) => ({ ...row, label: row.label ?? row.model ?? "server" }));
  const table = ttftTable(rows, { firstToken: first_token });
  if (format === "json") console.out.write(`${jsonText(table.rows)}\n`);
  if (format !== "text") printTable(console, table, format);
  if (rows.length > 0) await drawChart(console, picture, () => ttftChart(rows, { firstToken: first_token }));
}
