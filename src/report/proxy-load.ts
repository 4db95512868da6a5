import { group } from "d3-array";
import type { ProxyRecord } from "../domain/proxy-record.js";
import { formatCount, formatNumber } from "./format.js";

/** What a proxy was put under: the kind of answer, and how requests arrived. */
export type ProxyLoad = Pick<ProxyRecord, "mode" | "concurrency" | "rate_per_second">;

/** One proxy under one load: what a row of a table and a point of a chart are made of. */
export interface LoadedProxy<R extends ProxyRecord = ProxyRecord> {
  readonly label: string;
  readonly load: ProxyLoad;
  readonly rows: readonly R[];
}

/** What a proxy's rows are called. */
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

/** The rows by proxy and load: labels in the order they come, chats before streams, then by concurrency, then by rate. */
export function byProxyAndLoad<R extends ProxyRecord>(rows: readonly R[]): LoadedProxy<R>[] {
  return [...group(rows, proxyLabelOf)].flatMap(([label, labelled]) =>
    [...group(labelled, loadKey).values()]
      .map((loaded) => ({ label, load: loaded[0]!, rows: loaded }))
      .sort((a, b) => byLoad(a.load, b.load)),
  );
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
