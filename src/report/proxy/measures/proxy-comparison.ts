import type { ProxyRecord } from "../../../domain/records/record-kinds.js";
import type { Series } from "../../../domain/records/series.js";
import { random } from "../../../stats/random.js";
import { type LimitedLoads, limitedLoads } from "./client-limit.js";
import { proxyBlocks } from "./proxy-blocks.js";
import { byProxyAndLoad, loadKey, type ProxyLoad } from "./proxy-load.js";
import { type Overhead, overheadOf } from "./proxy-overhead.js";
import { latencyOf, type TargetRequests, targetRequests, ttftOf } from "./proxy-target.js";
import { type Throughput, throughputOf } from "./proxy-throughput.js";

/** One proxy under one load, with everything that tables and charts show. */
export interface ProxyComparison {
  readonly label: string;
  readonly series: Series<ProxyRecord>;
  readonly load: ProxyLoad;
  readonly direct: TargetRequests;
  readonly proxied: TargetRequests;
  /** In the latency: the time to the last byte. */
  readonly overhead: Overhead;
  /** In the time to the first content chunk; without pairs if nothing was streamed. */
  readonly ttftOverhead: Overhead;
  readonly throughput: Throughput;
  readonly client: LimitedLoads;
}

/** The comparisons in some rows, in the order tables print them. */
export function compareProxies(rows: readonly ProxyRecord[]): ProxyComparison[] {
  return byProxyAndLoad(rows).map(({ label, series, load, rows: loaded }) => {
    const blocks = proxyBlocks(loaded);
    const source = random("proxy").fork(loadKey(load));
    return {
      label,
      series,
      load,
      direct: targetRequests(blocks.flatMap(({ direct }) => direct)),
      proxied: targetRequests(blocks.flatMap(({ proxied }) => proxied)),
      overhead: overheadOf(blocks, latencyOf, source.fork("latency")),
      ttftOverhead: overheadOf(blocks, ttftOf, source.fork("ttft")),
      throughput: throughputOf(blocks, source.fork("throughput")),
      client: limitedLoads(blocks),
    };
  });
}
