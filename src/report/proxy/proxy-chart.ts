import { Chart } from "../../charts/chart.js";
import { chartTitle, msAxis, toMs } from "../../charts/chart-frame.js";
import { escapePlotly } from "../../charts/layout/escape-plotly.js";
import { AXIS, styleOf } from "../../charts/style.js";
import { told } from "../../charts/told.js";
import { OptionError } from "../../domain/errors/errors.js";
import { largest } from "../../domain/extremes.js";
import { countedFrom } from "../../domain/records/counted-from.js";
import type { ProxyRecord } from "../../domain/records/record-kinds.js";
import type { AnswerMode } from "../../domain/records/words.js";
import { quantileOfSorted, sorted } from "../../stats/quantile.js";
import { shorten } from "../../tables/display-width.js";
import { formatCount, formatFixed, formatMs } from "../../tables/format.js";
import { whyEmpty } from "../why-empty.js";
import { proxyBlocks } from "./measures/proxy-blocks.js";
import { byProxyAndLoad, type LoadedProxy, loadKey, loadName } from "./measures/proxy-load.js";
import { targetRequests } from "./measures/proxy-target.js";

/** Which load a chart of latencies shows; by default the one with the most requests, the first of several. */
export interface ProxyChartOptions {
  /** The title above; default "Latency direct and through the proxy". */
  readonly title?: string;
  /** `chat` for whole answers, `stream` for streams; default that of the load with the most requests. */
  readonly mode?: AnswerMode;
  /** Requests in flight at once, in a closed loop; default that of the load with the most requests. */
  readonly concurrency?: number;
  /** Requests started per second; default that of the load with the most requests. */
  readonly ratePerSecond?: number;
}

/**
 * Latency quantiles, direct dashed and proxied solid, one colour a label, under one load. The axis of shares is stretched
 * towards 100 %, where tails differ; a curve ends where there are too few requests to tell.
 *
 * @param rows of `proxy.run` or `proxy.read`.
 * @throws OptionError for a load that no row has.
 * @example await proxy.chart(rows, { concurrency: 100 }).svg() // "<svg …"
 */
export function proxyChart(rows: readonly ProxyRecord[], options: ProxyChartOptions = {}): Chart {
  const { title = "Latency direct and through the proxy" } = options;
  const shown = oneLoad(byProxyAndLoad(rows), options);
  const data = shown.flatMap(({ label, rows: loaded }, index) => {
    const blocks = proxyBlocks(loaded);
    return (["direct", "proxied"] as const).flatMap((target) =>
      curve(label, target, targetRequests(blocks.flatMap((block) => block[target])).latencies, index),
    );
  });
  const load = shown[0]?.load;
  return new Chart({
    empty: whyEmpty(rows),
    data,
    layout: {
      title: chartTitle(title, load === undefined ? "no requests" : subtitle(load, shown)),
      xaxis: shareAxis(data.flatMap(({ x }) => x)),
      yaxis: msAxis(
        load?.rate_per_second == null ? "latency" : "latency from the intended start",
        data.flatMap(({ y }) => y),
      ),
    },
  });
}

/** The rows of one load: the one asked for, as far as specified. */
function oneLoad(all: readonly LoadedProxy[], options: ProxyChartOptions): readonly LoadedProxy[] {
  const left = (["mode", "concurrency", "ratePerSecond"] as const).reduce((loads, option) => {
    const asked = options[option];
    if (asked === undefined) return loads;
    const heldOf = ({ load }: LoadedProxy) => load[option === "ratePerSecond" ? "rate_per_second" : option];
    const found = loads.filter((one) => heldOf(one) === asked);
    if (found.length > 0) return found;
    const held = [...new Set(loads.flatMap((one) => heldOf(one) ?? []))];
    throw new OptionError(option, `must be one that the rows hold (${held.join(", ") || "none"})`, asked);
  }, all);
  const sizes = new Map<string, number>();
  for (const { load, rows } of left) sizes.set(loadKey(load), (sizes.get(loadKey(load)) ?? 0) + rows.length);
  const most = largest(sizes.values());
  const chosen = [...sizes].find(([, size]) => size === most)?.[0];
  return left.filter(({ load }) => loadKey(load) === chosen);
}

function curve(label: string, target: "direct" | "proxied", seconds: readonly number[], index: number) {
  if (seconds.length === 0) return [];
  const ascending = sorted(seconds);
  const end = Math.log10(ascending.length);
  const places = Array.from({ length: 101 }, (_, step) => (step / 100) * end);
  const shares = places.map((place) => 1 - 10 ** -place);
  return [
    {
      type: "scatter",
      mode: "lines",
      name: `${escapePlotly(shorten(label, 60))}, ${target}`,
      legendgroup: escapePlotly(label),
      x: places,
      y: shares.map((share) => toMs(quantileOfSorted(ascending, share))),
      ...told(
        shares.map((share) => ({
          x: `${formatFixed(100 * share, 2)} % of the requests`,
          y: `within ${formatMs(quantileOfSorted(ascending, share))} ms`,
          n: ascending.length,
        })),
      ),
      line: { color: styleOf(index).color, width: 2, dash: target === "direct" ? "dash" : "solid" },
    },
  ];
}

/** Shares of the requests, with equal width for each power of ten of the rest. */
function shareAxis(places: readonly number[]) {
  const end = Math.max(0, largest(places));
  const shares = [0, 50, 75, 90, 95, 99, 99.9, 99.99, 99.999].filter((share) => placeOf(share) <= end + 1e-9);
  return {
    ...AXIS,
    title: { text: "share of the requests (%)" },
    tickvals: shares.map(placeOf),
    ticktext: shares.map(String),
  };
}

const placeOf = (percent: number): number => -Math.log10(1 - percent / 100);

function subtitle(load: LoadedProxy["load"], shown: readonly LoadedProxy[]): string {
  const failed = shown.reduce(
    (sum, { rows }) => sum + rows.filter(({ outcome }) => outcome !== "ok").length,
    0,
  );
  return (
    `${loadName(load)}; ${countedFrom(load) === "start" ? "to the last byte" : "waiting included"}` +
    `${failed > 0 ? `; left out: ${formatCount(failed)} failed` : ""}`
  );
}
