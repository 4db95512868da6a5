import { formatCount, formatNumber } from "../../tables/format.js";
import type { Cell, Column } from "../../tables/table-parts.js";
import type { ProxyComparison } from "./measures/proxy-comparison.js";
import { loadName } from "./measures/proxy-load.js";
import type { Overhead } from "./measures/proxy-overhead.js";
import type { Failures } from "./measures/proxy-target.js";

/** The two ways to the provider, each with columns of its own. */
export const TARGETS = ["direct", "proxied"] as const;

/** A column of a proxy table with its cells. */
export interface ProxyColumn {
  readonly column: Column;
  readonly cell: (comparison: ProxyComparison) => Cell;
}

/** Two columns of one measure: to the provider directly, and through the proxy. */
export const onBothSides = (
  column: Column,
  cell: (target: ProxyComparison["direct"], comparison: ProxyComparison, side: "direct" | "proxied") => Cell,
): ProxyColumn[] =>
  TARGETS.map((side) => ({
    column: { ...column, header: `${column.header}\n${side}` },
    cell: (comparison) => cell(comparison[side], comparison, side),
  }));

/**
 * The columns every table of proxies begins with: which proxy under which load, how many requests succeeded and, if any did,
 * failed.
 */
export const leadColumns = (all: readonly ProxyComparison[]): ProxyColumn[] => [
  {
    column: { header: "proxy", align: "left", isKey: true, widest: 20 },
    cell: ({ label }) => ({ text: label }),
  },
  {
    column: { header: "load", align: "left", isKey: true },
    cell: ({ load }) => ({ text: loadName(load) }),
  },
  ...onBothSides({ header: "n", align: "right" }, ({ ok }) => ({ text: formatCount(ok.length) })),
  ...(all.every(({ direct, proxied }) => direct.failed + proxied.failed === 0)
    ? []
    : onBothSides({ header: "failed", align: "right" }, ({ failed }, comparison) => {
        const note = failed === 0 ? null : failuresNote(comparison);
        return { text: formatCount(failed), ...(note !== null && { note }) };
      })),
];

/** The name of a comparison in a footnote: `litellm, chat × 100`. */
export const comparisonName = ({ label, load }: Pick<ProxyComparison, "label" | "load">): string =>
  `${label}, ${loadName(load)}`;

/** The failures of a comparison by kind, each with an example; null if none failed. */
export function failuresNote(comparison: ProxyComparison): string | null {
  const told = (target: "direct" | "proxied"): string[] =>
    comparison[target].failures.length === 0
      ? []
      : [`${target} ${comparison[target].failures.map(kindAndExample).join(", ")}`];
  const both = [...told("direct"), ...told("proxied")];
  return both.length === 0
    ? null
    : `Failed requests, excluded: ${comparisonName(comparison)}: ${both.join("; ")}`;
}

function kindAndExample({ kind, count, example }: Failures): string {
  return `${formatCount(count)} ${kind} (${example.length > 120 ? `${example.slice(0, 119)}…` : example})`;
}

/** Sentences about loads that the client itself may have slowed. */
export function clientNotes(comparisons: readonly ProxyComparison[]): string[] {
  const limited = comparisons.filter(({ client }) => client.limited > 0);
  if (limited.length === 0) return [];
  const named = limited.map((comparison) => {
    const { client } = comparison;
    const facts = [
      ...(client.highestCpu === null ? [] : [`busy ${formatNumber(client.highestCpu * 100)} %`]),
      ...(client.highestDelaySeconds === null
        ? []
        : [`late by ${formatNumber(client.highestDelaySeconds * 1000)} ms`]),
    ];
    return `${comparisonName(comparison)} in ${client.limited} of ${client.loads} loads (at most ${facts.join(", ")})`;
  });
  return [
    `The client may have been the limit: ${named.join("; ")}. This is assumed where its busiest thread was busy 90 % ` +
      "of the time, or where its event loop (or, in an open loop, its starts) was late (p99) by more than 5 ms and a tenth of the load's " +
      "median latency.",
  ];
}

/** Sentences about pairs that are excluded from the differences. */
export function pairNotes(overheads: readonly Overhead[]): string[] {
  const failed = overheads.reduce((sum, { failedPairs }) => sum + failedPairs, 0);
  if (failed === 0) return [];
  return [
    failed === 1
      ? "1 pair with a failed request is excluded from the overhead."
      : `${formatCount(failed)} pairs with a failed request are excluded from the overhead.`,
  ];
}
