import { LogError } from "../domain/errors/errors.js";
import { type PromptCounts, promptLimits } from "../domain/records/cut-prompt.js";
import type { FirstToken } from "../domain/records/first-token.js";
import { METHOD_NAMES, METHODS, type MethodName } from "../domain/records/methods.js";
import { MAY_LACK } from "../domain/records/whole-block.js";
import type { ArrivalKind, WorkloadKind } from "../domain/records/words.js";
import { fewestFor } from "../stats/quantile.js";
import { isRemote } from "./duckdb/copies.js";
import { type Connection, named, quoted, visitRows } from "./duckdb/duckdb.js";
import { exactQuantiles } from "./duckdb/exact-quantiles.js";
import { CELL_COLUMNS, loadRows, REQUIRED_COLUMNS } from "./duckdb/load-rows.js";
import { durationsOf, parquetTable } from "./duckdb/parquet.js";
import type { LabelledFile } from "./files/sources.js";
import { serverOf } from "./log-origin.js";

/** The requests of one label at one level. Times in seconds; null if no request counts, or the level never settled. */
export interface LoadSummaryRow<L extends string = string> {
  readonly label: L;
  readonly model: string | null;
  readonly own_label: string | null;
  readonly log_label: string | null;
  readonly log_server: string | null;
  readonly ttft_definition: string | null;
  readonly method: MethodName | null;
  readonly recompute_ratio: number | null;
  readonly tokens_per_chunk: number | null;
  readonly selector: string | null;
  readonly check_layer: number | null;
  readonly filtering: string | null;
  readonly workload: WorkloadKind | null;
  readonly arrivals: ArrivalKind | null;
  readonly burstiness: number | null;
  readonly rate_per_second: number | null;
  readonly concurrency: number | null;
  readonly level: number;
  /** Requests counted in the times. */
  readonly n: number;
  /** Requests in the measured parts of the blocks, however they ended. */
  readonly requests_n: number;
  readonly failed_n: number;
  /** Excluded, because the server cut their prompts. */
  readonly cut_n: number;
  /** Excluded, because the server's report contradicts their method. */
  readonly excluded_n: number;
  /** Ended well without a token of the kind that counts, or without the wait that their time counts from. */
  readonly tokenless_n: number;
  readonly blocks: number;
  /** Blocks left out, because parts of the run did not send at least 95 % of their requests. */
  readonly partial_blocks: number;
  /** False if TTFT rose or fell in half of the blocks or more; null if unknown, as where several processes sent a block. */
  readonly settled: boolean | null;
  readonly unsteady_blocks: number;
  /** Requests of these blocks that no file holds; null where one process sent them. */
  readonly missing_n: number | null;
  readonly mean_seconds: number | null;
  readonly min_seconds: number | null;
  readonly p25_seconds: number | null;
  readonly p50_seconds: number | null;
  readonly p75_seconds: number | null;
  readonly p90_seconds: number | null;
  readonly p95_seconds: number | null;
  readonly p99_seconds: number | null;
  readonly max_seconds: number | null;
}

const SHARES = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1] as const;
const CELL_KEYS = Object.keys(CELL_COLUMNS);
/** What method reads nothing from the cache: a hit contradicts it, and is no miss. */
const COLD_METHODS = METHOD_NAMES.filter((name) => METHODS[name].reuses === "nothing");
const BLOCK = ["repeat", "block", "coalesce(block_starts_at, log_path, from_file)"] as const;

interface CellCounts {
  readonly requests: number;
  readonly failed: number;
  readonly cut: number;
  readonly excluded: number;
  readonly tokenless: number;
  readonly n: number;
  readonly blocks: number;
  readonly partial: number;
  readonly judged: number;
  readonly unsteady: number;
  readonly missing: number | null;
}

/** The steps of a summary, in the order of their methods. */
export class LoadSummary {
  readonly #connection: Connection;
  readonly #files: readonly LabelledFile[];
  readonly #firstToken: FirstToken;

  constructor(connection: Connection, files: readonly LabelledFile[], firstToken: FirstToken) {
    this.#connection = connection;
    this.#files = files;
    this.#firstToken = firstToken;
  }

  async rows(): Promise<readonly LoadSummaryRow[]> {
    await this.#createRows();
    await this.#requireLoads();
    const cells = await this.#findCells();
    const counts = await this.#countBlocks();
    const settled = new Map([...counts].map(([cell, one]) => [cell, settledOf(one)]));
    await this.#keepCounted(
      [...settled].flatMap(([cell, is]) => (is === false || counts.get(cell)!.blocks === 0 ? [cell] : [])),
    );
    const means = new Map<string, number>();
    await this.#visit("SELECT cell::VARCHAR, favg(seconds) FROM counted GROUP BY cell", ([cell, mean]) => {
      means.set(String(cell), Number(mean));
    });
    const quantiles = await exactQuantiles(this.#connection, "counted", SHARES);
    return [...counts]
      .map(([cell, one]) =>
        rowOf(
          cells.get(cell)!,
          one,
          settled.get(cell)!,
          means.get(cell) ?? null,
          quantiles.get(cell) ?? null,
        ),
      )
      .sort(
        (a, b) =>
          methodPlace(a) - methodPlace(b) ||
          (a.label < b.label ? -1 : a.label > b.label ? 1 : 0) ||
          (a.rate_per_second ?? 0) - (b.rate_per_second ?? 0) ||
          (a.concurrency ?? 0) - (b.concurrency ?? 0) ||
          a.level - b.level,
      );
  }

  /** The rows of all files as a view, each with the numbers of its cell and of its prompt's length. */
  async #createRows(): Promise<void> {
    const paths = this.#files.map(({ path }) => path);
    const [first] = paths as [string];
    const table = parquetTable(paths, ["union_by_name = true", "filename = true"]);
    const durations = await durationsOf(this.#connection, paths, table);
    const there = new Set<string>();
    await this.#visit(`DESCRIBE SELECT * FROM ${table}`, ([name]) => void there.add(String(name)));
    const lacking = REQUIRED_COLUMNS.find((column) => !there.has(column));
    if (lacking !== undefined)
      throw new LogError(`${first} is no Parquet of a load: it lacks the column ${lacking}.`, {
        path: first,
      });
    const replaced =
      durations.length === 0 ? table : `(SELECT * REPLACE (${durations.join(", ")}) FROM ${table})`;
    await this.#connection.run(
      "CREATE TEMP TABLE files (path VARCHAR, key VARCHAR, name VARCHAR, server VARCHAR)",
    );
    const values = this.#files.map(({ path, label, name }) =>
      [path, label, name, isRemote(path) ? null : serverOf(path)]
        .map((value) => (value === null ? "NULL" : quoted(value)))
        .join(", "),
    );
    await this.#connection.run(`INSERT INTO files VALUES (${values.join("), (")})`);
    const counted =
      this.#firstToken === "any" ? "least(ttft_seconds, first_reasoning_seconds)" : "ttft_seconds";
    const tokens = "prompt_tokens + CASE WHEN cached_tokens > prompt_tokens THEN cached_tokens ELSE 0 END";
    await this.#connection.run(`CREATE TEMP VIEW origin AS
      SELECT * REPLACE (
        CASE WHEN key IS NULL THEN coalesce(label, name) WHEN label IS NULL THEN key ELSE key || ': ' || label END AS label,
        CASE WHEN key IS NULL THEN coalesce(own_label, label) ELSE label END AS own_label,
        coalesce(key, log_label) AS log_label, coalesce(server, log_server) AS log_server,
        coalesce(selector, 'v') AS selector, coalesce(check_layer, 1) AS check_layer, coalesce(filtering, 'once') AS filtering,
        CASE WHEN rate_per_second IS NULL AND concurrency IS NULL THEN level ELSE 0 END AS level),
        level AS stated_level,
        ${tokens} AS sent_tokens,
        CASE WHEN coalesce(arrivals = 'closed', rate_per_second IS NULL) THEN ${counted} ELSE wait_seconds + ${counted} END AS seconds
      FROM (${loadRows(replaced, there)}) JOIN files ON path = from_file`);
    await this.#connection.run(`CREATE TEMP VIEW rows AS
      SELECT *, hash(${CELL_KEYS.map(named).join(", ")}) AS cell, hash(label, model, token_counter, sent_tokens) AS prompt FROM origin`);
  }

  /** Refuses what the reader of logs would refuse, and ramps, which keep no level. */
  async #requireLoads(): Promise<void> {
    const wrong = `any_value(from_file) FILTER`;
    const query = `SELECT ${wrong} (outcome IS NULL OR phase IS NULL OR stated_level IS NULL),
      ${wrong} (seconds < 0 OR ttft_seconds < 0 OR wait_seconds < 0), ${wrong} (ramp_strategy IS NOT NULL) FROM rows`;
    await this.#visit(query, ([without, negative, ramp]) => {
      const refuse = (path: unknown, why: string) => {
        if (path !== null) throw new LogError(`${String(path)} ${why}`, { path: String(path) });
      };
      refuse(without, "has a row without a level, a phase or an outcome.");
      refuse(negative, "has a row with a time below 0.");
      refuse(ramp, "holds a ramp, which keeps no level: read it with load.read or firsttoken report.");
    });
  }

  /** The cells, and as a table `cut` the lengths of prompts that the server cut. */
  async #findCells(): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> {
    const cells = new Map<string, Readonly<Record<string, unknown>>>();
    const seen: { readonly prompt: string; readonly row: PromptCounts }[] = [];
    const limits = promptLimits();
    const keys = CELL_KEYS.map(named).join(", ");
    const query = `SELECT cell::VARCHAR, min(stated_level), ${keys}, prompt::VARCHAR, sent_tokens, token_counter,
      example_id IS NOT NULL AS is_example, min(context_tokens), max(context_tokens) FROM rows GROUP BY ALL`;
    await this.#visit(query, ([cell, level, ...values]) => {
      const of = Object.fromEntries(CELL_KEYS.map((key, index) => [key, values[index]!]));
      const known = cells.get(String(cell));
      cells.set(String(cell), { ...of, level: Math.min(Number(level), Number(known?.level ?? level)) });
      const [prompt, sent, counter, isExample, least, most] = values.slice(CELL_KEYS.length);
      if (sent === null || least === null) return;
      const row = (context: unknown): PromptCounts => ({
        ...{ label: of.label as string, model: of.model as string | null, context_tokens: Number(context) },
        ...{ token_counter: counter as string | null, prompt_tokens: Number(sent), cached_tokens: null },
        ...(isExample === true && { example_id: "" }),
      });
      // The rule looks at a length's shortest and longest context only.
      for (const context of [least, most]) limits.add(row(context));
      seen.push({ prompt: String(prompt), row: row(least) });
    });
    await this.#connection.run("CREATE TEMP TABLE cut (prompt UBIGINT)");
    const cut = new Set(
      limits.found ? seen.filter(({ row }) => limits.isCut(row)).map(({ prompt }) => prompt) : [],
    );
    if (cut.size > 0) await this.#connection.run(`INSERT INTO cut VALUES (${[...cut].join("), (")})`);
    return cells;
  }

  /** What counts in each cell; and as a table `partial` the blocks that lack requests. */
  async #countBlocks(): Promise<ReadonlyMap<string, CellCounts>> {
    await this.#connection.run(`CREATE TEMP VIEW judged AS
      SELECT *, hash(cell, ${BLOCK.join(", ")}) AS of_block,
        outcome = 'ok' AS is_ok,
        sent_tokens IS NOT NULL AND prompt IN (SELECT prompt FROM cut) AS is_cut,
        coalesce(evidence = 'contradicted', false) AND NOT (
          coalesce(method NOT IN (${COLD_METHODS.map(quoted).join(", ")}), true) AND cached_tokens IS NOT NULL
          AND coalesce(cached_tokens < expected_cached_tokens, true)) AS is_other
      FROM rows WHERE phase = 'measured'`);
    await this.#connection.run(`CREATE TEMP TABLE blocks AS
      SELECT cell, of_block, count(*) AS requests,
        count(*) FILTER (NOT is_ok) AS failed,
        count(*) FILTER (is_ok AND is_cut) AS cut,
        count(*) FILTER (is_ok AND NOT is_cut AND is_other) AS other,
        count(*) FILTER (is_ok AND NOT is_cut AND NOT is_other AND seconds IS NULL) AS tokenless,
        count(*) FILTER (is_ok AND NOT is_cut AND NOT is_other AND seconds IS NOT NULL) AS n,
        any_value(block_steady) FILTER (shard IS NULL OR block_measured_requests IS NULL) AS steady,
        coalesce(count(*) < ${1 - MAY_LACK} * max(block_measured_requests) FILTER (shard IS NOT NULL), false) AS lacks,
        max(block_measured_requests) FILTER (shard IS NOT NULL) AS planned,
        CASE WHEN planned IS NOT NULL THEN greatest(planned - count(*), 0) END AS missing
      FROM judged GROUP BY cell, of_block`);
    const counts = new Map<string, CellCounts>();
    const sums = ["requests", "failed", "cut", "other", "tokenless", "n"].map(
      (name) => `coalesce(sum(${name}) FILTER (NOT lacks), 0)::DOUBLE`,
    );
    const query = `SELECT cell::VARCHAR, ${sums.join(", ")}, count(*) FILTER (NOT lacks)::DOUBLE, count(*) FILTER (lacks)::DOUBLE,
      count(*) FILTER (NOT lacks AND steady IS NOT NULL)::DOUBLE, count(*) FILTER (NOT lacks AND NOT steady)::DOUBLE,
      sum(missing) FROM blocks GROUP BY cell`;
    await this.#visit(query, ([cell, ...values]) => {
      const [requests, failed, cut, excluded, tokenless, n, blocks, partial, judged, unsteady] = values.map(
        Number,
      ) as Ten;
      const [missing] = values.slice(10) as [number | null];
      counts.set(String(cell), {
        ...{
          requests,
          failed,
          cut,
          excluded,
          tokenless,
          n,
          blocks,
          partial,
          judged,
          unsteady,
          missing,
        },
      });
    });
    return counts;
  }

  /** Keeps the seconds that count, as a table `counted`, but for cells of which nothing is averaged. */
  async #keepCounted(unsettled: readonly string[]): Promise<void> {
    const left = unsettled.length === 0 ? "" : ` AND cell NOT IN (${unsettled.join(", ")})`;
    let whole = "";
    await this.#visit("SELECT count(*)::DOUBLE FROM blocks WHERE lacks", ([lacking]) => {
      if (lacking !== 0) whole = " AND of_block IN (SELECT of_block FROM blocks WHERE NOT lacks)";
    });
    await this.#connection.run(`CREATE TEMP TABLE counted AS SELECT cell, seconds FROM judged
      WHERE is_ok AND NOT is_cut AND NOT is_other AND seconds IS NOT NULL${left}${whole}`);
  }

  #visit(query: string, visit: (values: readonly unknown[]) => void): Promise<void> {
    return visitRows(this.#connection, query, (values) => void visit(values) as undefined);
  }
}

type Eight = [N, N, N, N, N, N, N, N];
type N = number | null;
type Ten = [number, number, number, number, number, number, number, number, number, number];

/** As in the table of loads: a level has not settled where TTFT moved in half of its blocks. */
const settledOf = ({ judged, unsteady }: CellCounts): boolean | null =>
  judged === 0 ? null : !(unsteady > 0 && 2 * unsteady >= judged);

const methodPlace = ({ method }: LoadSummaryRow): number =>
  method === null ? METHOD_NAMES.length : METHOD_NAMES.indexOf(method);

function rowOf(
  cell: Readonly<Record<string, unknown>>,
  counts: CellCounts,
  settled: boolean | null,
  mean: number | null,
  quantiles: readonly number[] | null,
): LoadSummaryRow {
  const [min, p25, p50, p75, p90, p95, p99, max] = SHARES.map((share, index) =>
    quantiles !== null && (share === 1 || counts.n >= fewestFor(share)) ? quantiles[index]! : null,
  ) as Eight;
  return {
    ...(cell as unknown as Pick<LoadSummaryRow, keyof typeof CELL_COLUMNS>),
    ...{ n: counts.n, requests_n: counts.requests, failed_n: counts.failed, cut_n: counts.cut },
    ...{ excluded_n: counts.excluded, tokenless_n: counts.tokenless, blocks: counts.blocks },
    ...{ partial_blocks: counts.partial, settled, unsteady_blocks: counts.unsteady },
    missing_n: counts.missing,
    ...{ mean_seconds: mean, min_seconds: min, p25_seconds: p25, p50_seconds: p50 },
    ...{ p75_seconds: p75, p90_seconds: p90, p95_seconds: p95 },
    ...{ p99_seconds: p99, max_seconds: max },
  };
}
