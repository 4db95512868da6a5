import type { ProxyRecord } from "../../domain/records/record-kinds.js";
import { formatMs, formatPercent } from "../../tables/format.js";
import { boundsOf, quantileCell, secondsAt, secondsCell } from "../../tables/number-cells.js";
import { Table } from "../../tables/table.js";
import { type Cell, missing } from "../../tables/table-parts.js";
import { TERMS_NOTE } from "../terms-note.js";
import { compareProxies, type ProxyComparison } from "./measures/proxy-comparison.js";
import { type ChunkFlow, chunkFlow, type Fidelity, fidelityOf } from "./measures/streaming-fidelity.js";
import { clientNotes, leadColumns, onBothSides, type ProxyColumn, pairNotes } from "./proxy-table-frame.js";

/** One row of a streaming table's data: the streams of one proxy under one load. Times in seconds. */
export interface StreamingTableRow {
  readonly label: string;
  readonly concurrency: number | null;
  readonly rate_per_second: number | null;
  readonly direct_n: number;
  readonly proxied_n: number;
  readonly direct_failed_n: number;
  readonly proxied_failed_n: number;
  readonly direct_ttft_p50_seconds: number | null;
  readonly direct_ttft_p95_seconds: number | null;
  readonly direct_ttft_p99_seconds: number | null;
  readonly proxied_ttft_p50_seconds: number | null;
  readonly proxied_ttft_p95_seconds: number | null;
  readonly proxied_ttft_p99_seconds: number | null;
  readonly blocks: number;
  readonly pairs: number;
  readonly failed_pairs: number;
  /** The median of the paired differences in TTFT, proxied minus direct. */
  readonly ttft_overhead_seconds: number | null;
  readonly ttft_overhead_low_seconds: number | null;
  readonly ttft_overhead_high_seconds: number | null;
  /** Why the overhead, or its interval, is missing; null if neither is. */
  readonly ttft_overhead_reason: string | null;
  readonly ttft_overhead_mean_seconds: number | null;
  readonly ttft_overhead_mean_low_seconds: number | null;
  readonly ttft_overhead_mean_high_seconds: number | null;
  /** Median time of the first content chunk from being sent by the provider until it arrived. */
  readonly direct_first_lag_seconds: number | null;
  readonly proxied_first_lag_seconds: number | null;
  /** The same for the last content chunk. */
  readonly direct_last_lag_seconds: number | null;
  readonly proxied_last_lag_seconds: number | null;
  /** Between two chunks as the provider sent them, median. */
  readonly sent_gap_seconds: number | null;
  /** Share of chunks that arrived together although they were sent apart, from 0 to 1. */
  readonly direct_coalesced_share: number | null;
  readonly proxied_coalesced_share: number | null;
  /** Share of all chunks that did so at a stream's start, before the first that was not coalesced, from 0 to 1. */
  readonly direct_coalesced_at_start_share: number | null;
  readonly proxied_coalesced_at_start_share: number | null;
  readonly fidelity: Fidelity | null;
  /** Why there is no verdict on the fidelity; null if there is one. */
  readonly fidelity_reason: string | null;
}

/**
 * How streams come through a proxy, by label and load: TTFT direct and proxied, the overhead in it as in `proxy.table`, how
 * long after being sent the first and the last chunk arrive, and whether chunks pass as they are sent.
 *
 * Rows of chats are left out.
 *
 * @param rows of `proxy.run` or `proxy.read`.
 * @example proxy.streaming.table(rows).rows[0].fidelity // "as sent"
 */
export function streamingTable(rows: readonly ProxyRecord[]): Table<StreamingTableRow> {
  const comparisons = compareProxies(rows.filter(({ mode }) => mode === "stream"));
  const flows = new Map(
    comparisons.flatMap(({ direct, proxied }) => [direct, proxied]).map((side) => [side, chunkFlow(side)]),
  );
  const flowOf = (target: ProxyComparison["direct"]): ChunkFlow => flows.get(target)!;
  const columns: ProxyColumn[] = [
    ...leadColumns(comparisons),
    ...[50, 95].flatMap((p) =>
      onBothSides({ header: `TTFT\np${p}`, unit: "ms", align: "right" }, ({ ttfts }) =>
        quantileCell(ttfts, p / 100),
      ),
    ),
    {
      column: { header: "overhead\nmedian\n[95 % CI]", unit: "ms", align: "right" },
      cell: ({ ttftOverhead }) => secondsCell(ttftOverhead.median),
    },
    ...onBothSides({ header: "first chunk\nafter sent\nmedian", unit: "ms", align: "right" }, (target) =>
      lagCell(flowOf(target), ({ firstLagSeconds }) => firstLagSeconds),
    ),
    ...onBothSides({ header: "last chunk\nafter sent\nmedian", unit: "ms", align: "right" }, (target) =>
      lagCell(flowOf(target), ({ lastLagSeconds }) => lastLagSeconds),
    ),
    ...onBothSides({ header: "coalesced\nchunks", unit: "%", align: "right" }, (target): Cell => {
      const { coalescedShare } = flowOf(target);
      return coalescedShare === null
        ? missing("no good stream shows when its chunks were sent")
        : { text: formatPercent(coalescedShare) };
    }),
    {
      column: { header: "passes\nchunks", align: "left" },
      cell: (comparison) => {
        const verdict = fidelityOf(flowOf(comparison.direct), flowOf(comparison.proxied));
        return verdict.fidelity === null ? missing(verdict.reason) : { text: verdict.fidelity };
      },
    },
  ];
  return new Table<StreamingTableRow>({
    columns: columns.map(({ column }) => column),
    lines: comparisons.map((comparison) => ({
      cells: columns.map(({ cell }) => cell(comparison)),
      data: dataOf(comparison, flowOf(comparison.direct), flowOf(comparison.proxied)),
    })),
    notes: [
      "Overhead: the median of paired differences in TTFT, proxied minus direct; 95 % interval by bootstrap over blocks. Coalesced: the " +
        "chunk came sooner after the one before than a tenth of the gap with which it was sent. Late start: the " +
        "coalesced ones came right after a stream's first chunk, the others as sent.",
      ...(comparisons.some(({ load }) => load.rate_per_second !== null)
        ? [
            "Loads at a fixed rate (requests/s): TTFT and overhead count from the intended start, waiting included.",
          ]
        : []),
      ...pairNotes(comparisons.map(({ ttftOverhead }) => ttftOverhead)),
      ...clientNotes(comparisons),
      TERMS_NOTE.en,
    ],
  });
}

function lagCell(flow: ChunkFlow, lagOf: (flow: ChunkFlow) => number | null): Cell {
  const lag = lagOf(flow);
  if (lag !== null) return { text: formatMs(lag) };
  return missing(
    flow.clocksDiffer
      ? "chunks came before they were sent: the provider's clock differs from the client's"
      : "no chunk says when it was sent; `firsttoken mock` stamps its chunks",
  );
}

function dataOf(
  { label, load, direct, proxied, ttftOverhead }: ProxyComparison,
  directFlow: ChunkFlow,
  proxiedFlow: ChunkFlow,
): StreamingTableRow {
  const { median, mean } = ttftOverhead;
  const verdict = fidelityOf(directFlow, proxiedFlow);
  return {
    label,
    concurrency: load.concurrency,
    rate_per_second: load.rate_per_second,
    direct_n: direct.ok.length,
    proxied_n: proxied.ok.length,
    direct_failed_n: direct.failed,
    proxied_failed_n: proxied.failed,
    direct_ttft_p50_seconds: secondsAt(direct.ttfts, 0.5),
    direct_ttft_p95_seconds: secondsAt(direct.ttfts, 0.95),
    direct_ttft_p99_seconds: secondsAt(direct.ttfts, 0.99),
    proxied_ttft_p50_seconds: secondsAt(proxied.ttfts, 0.5),
    proxied_ttft_p95_seconds: secondsAt(proxied.ttfts, 0.95),
    proxied_ttft_p99_seconds: secondsAt(proxied.ttfts, 0.99),
    blocks: ttftOverhead.blocks,
    pairs: ttftOverhead.pairs,
    failed_pairs: ttftOverhead.failedPairs,
    ttft_overhead_seconds: median.estimate,
    ttft_overhead_low_seconds: boundsOf(median).low,
    ttft_overhead_high_seconds: boundsOf(median).high,
    ttft_overhead_reason: "reason" in median ? median.reason : null,
    ttft_overhead_mean_seconds: mean.estimate,
    ttft_overhead_mean_low_seconds: boundsOf(mean).low,
    ttft_overhead_mean_high_seconds: boundsOf(mean).high,
    direct_first_lag_seconds: directFlow.firstLagSeconds,
    proxied_first_lag_seconds: proxiedFlow.firstLagSeconds,
    direct_last_lag_seconds: directFlow.lastLagSeconds,
    proxied_last_lag_seconds: proxiedFlow.lastLagSeconds,
    sent_gap_seconds: proxiedFlow.sentGapSeconds,
    direct_coalesced_share: directFlow.coalescedShare,
    proxied_coalesced_share: proxiedFlow.coalescedShare,
    direct_coalesced_at_start_share: directFlow.coalescedAtStartShare,
    proxied_coalesced_at_start_share: proxiedFlow.coalescedAtStartShare,
    fidelity: verdict.fidelity,
    fidelity_reason: verdict.fidelity === null ? verdict.reason : null,
  };
}
