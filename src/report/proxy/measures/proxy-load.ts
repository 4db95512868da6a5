import { group } from "d3-array";
import type { LogOrigin } from "../../../domain/records/log-origin.js";
import type { ProxyRecord } from "../../../domain/records/record-kinds.js";
import { ORIGIN_TRAITS, type Series, seriesOf, type Trait } from "../../../domain/records/series.js";
import { formatCount, formatNumber } from "../../../tables/format.js";

/** The load on a proxy: the kind of answer, and how requests arrived. */
export type ProxyLoad = Pick<ProxyRecord, "mode" | "concurrency" | "rate_per_second">;

/** One proxy under one load: what a row of a table and a point of a chart are made of. */
export interface LoadedProxy<R extends ProxyRecord = ProxyRecord> {
  /** The series' unique name. */
  readonly label: string;
  readonly series: Series<R>;
  readonly load: ProxyLoad;
  readonly rows: readonly R[];
}

/** What identifies a proxy's rows. */
export const proxyLabelOf = ({ label }: Pick<ProxyRecord, "label">): string => label ?? "proxy";

/**
 * A load in a few words.
 *
 * @example loadName({ mode: "chat", concurrency: 100, rate_per_second: null }) // "chat × 100"
 */
export function loadName({ mode, concurrency, rate_per_second }: ProxyLoad): string {
  if (rate_per_second !== null) return `${mode}, ${formatNumber(rate_per_second)}/s`;
  return concurrency === null ? mode : `${mode} × ${formatCount(concurrency)}`;
}

/**
 * The rows by proxy and load: labels in the order they come, chats before streams, then by concurrency, then by rate. A
 * label that mixes models or providers is several proxies.
 */
export function byProxyAndLoad<R extends ProxyRecord>(rows: readonly R[]): LoadedProxy<R>[] {
  return proxySeries(rows).flatMap((series) =>
    [...group(series.rows, loadKey).values()]
      .map((loaded) => ({ label: series.name, series, load: loaded[0]!, rows: loaded }))
      .sort((a, b) => byLoad(a.load, b.load)),
  );
}

/**
 * The rows of each proxy; the model is that of a log's direct and proxied requests, which may use two names for the same
 * model.
 */
export function proxySeries<R extends ProxyRecord>(rows: readonly R[]): Series<R>[] {
  const logOf = (row: R & Partial<LogOrigin>) => `${row.log_path} ${proxyLabelOf(row)}`;
  const models = new Map([...group(rows, logOf)].map(([log, own]) => [log, modelsOf(own)]));
  const traits = ORIGIN_TRAITS.map((trait): Trait<R> => {
    if (trait.name !== "model") return trait;
    return { ...trait, of: (row) => models.get(logOf(row)) ?? row.model };
  });
  return seriesOf(rows, proxyLabelOf, traits);
}

/** The model named by a log's requests of one label, `a → b` if the proxy uses another name; null if there are several. */
function modelsOf(rows: readonly ProxyRecord[]): string | null {
  const [direct, proxied] = (["direct", "proxied"] as const).map((target) => [
    ...new Set(rows.flatMap((row) => (row.target === target ? [row.model] : []))),
  ]) as [(string | null)[], (string | null)[]];
  if (direct.length > 1 || proxied.length > 1) return null;
  const names = new Set([...direct, ...proxied].map((model) => model ?? "not stated"));
  return [...direct, ...proxied].every((model) => model === null) ? null : [...names].join(" → ");
}

function byLoad(a: ProxyLoad, b: ProxyLoad): number {
  return (
    a.mode.localeCompare(b.mode) ||
    (a.rate_per_second ?? 0) - (b.rate_per_second ?? 0) ||
    (a.concurrency ?? 0) - (b.concurrency ?? 0)
  );
}

/** Two loads with one key are the same load. */
export const loadKey = ({ mode, concurrency, rate_per_second }: ProxyLoad): string =>
  `${mode} ${concurrency} ${rate_per_second}`;
