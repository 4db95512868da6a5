import type { LogOrigin } from "../../domain/records/log-origin.js";
import { ORIGIN_TRAITS, seriesOf } from "../../domain/records/series.js";
import type { Evidence, Outcome } from "../../domain/records/words.js";
import { formatCount } from "../../tables/format.js";
import { Table } from "../../tables/table.js";
import { proxySeries } from "../proxy/measures/proxy-load.js";
import type { ReportRows } from "./report-sections.js";

/** What is known about the run that wrote a log: the content of `<log>.meta.json`. */
export interface RunManifest {
  readonly server: string | null;
  /** What runs there and which version; missing in manifests from before this was asked. */
  readonly server_software?: string | null;
  readonly model: string | null;
  readonly seed: number | string | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly started_at: string;
  readonly package_version: string;
  readonly node_version: string;
  /** What follows is missing in manifests from before it was recorded. */
  readonly revision?: string | null;
  readonly os?: string;
  readonly machine?: { readonly cpu: string | null; readonly cores: number; readonly memory_bytes: number };
  readonly command_line?: string;
  readonly defaults?: { readonly file: string; readonly flags: Readonly<Record<string, unknown>> };
  /** The runs that resumed the log. */
  readonly resumed?: readonly RunManifest[];
}

/** A log of a report: null if no manifest about its run was found, or the reason it can't be read. */
export interface ReportLog {
  readonly path: string;
  readonly kind: string;
  /** The other tool whose result file it is. */
  readonly tool?: string | null;
  readonly manifest: RunManifest | { readonly unreadable: string } | null;
}

/** What every row says about its origin. */
export interface RowOrigin extends Partial<LogOrigin> {
  readonly label: string;
  readonly model: string | null;
  readonly outcome: Outcome;
  readonly error: string | null;
  /** Null if a request meets no cache that a server could report, as through a proxy. */
  readonly evidence: Evidence | null;
  readonly evidence_source: string | null;
  /** Why it is not proven; null if it is, or the log does not say. */
  readonly evidence_reason?: string | null;
  readonly started_at: string | null;
}

/** The rows of every kind. */
export function originsOf({
  ttft,
  blend,
  quality,
  load,
  proxy,
}: ReportRows): (readonly [string, readonly RowOrigin[]])[] {
  const all: [string, readonly RowOrigin[]][] = [
    ["ttft", ttft],
    ["blend", blend],
    // An example that was left out is not a request.
    ["quality", quality.filter(({ left_out }) => left_out !== true)],
    ["load", load],
    ["proxy", proxyOrigins(proxy)],
  ];
  return all.filter(([, rows]) => rows.length > 0);
}

/** A proxy's model is that of its direct and proxied requests combined. */
function proxyOrigins(rows: ReportRows["proxy"]): RowOrigin[] {
  return proxySeries(rows).flatMap((series) => {
    const model = series.traits.get("model") ?? null;
    return series.rows.map((row) => ({ ...row, model, evidence: null, evidence_source: null }));
  });
}

/** What was measured under each label (and model and server if it mixes them): requests, model, and evidence. */
export function originTable(rows: ReportRows): Table {
  const lines = originsOf(rows).flatMap(([kind, origins]) =>
    seriesOf(origins, ({ label }) => label, ORIGIN_TRAITS).map(({ name: label, rows: own }) => {
      const count = (evidence: Evidence) =>
        own.filter((row) => row.outcome === "ok" && row.evidence === evidence).length;
      const distinct = (key: "model" | "evidence_source") =>
        [...new Set(own.flatMap((row) => row[key] ?? []))].join(", ");
      const times = own.flatMap(({ started_at }) => started_at ?? []).sort();
      const failed = own.filter(({ outcome }) => outcome !== "ok").length;
      const data = {
        kind,
        label,
        requests: own.length,
        failed,
        model: distinct("model"),
        proven: count("proven"),
        contradicted: count("contradicted"),
        unproven: count("unproven"),
        evidence_source: distinct("evidence_source"),
        first_started_at: times[0] ?? null,
        last_started_at: times.at(-1) ?? null,
      };
      return {
        data,
        cells: [
          { text: kind },
          { text: label },
          { text: formatCount(data.requests) },
          { text: formatCount(failed) },
          { text: data.model || "not stated" },
          ...(own[0]!.evidence === null
            ? [{ text: "" }, { text: "" }, { text: "" }, { text: "not asked" }]
            : [
                { text: formatCount(data.proven) },
                { text: formatCount(data.contradicted) },
                { text: formatCount(data.unproven) },
                { text: data.evidence_source || "nothing reported" },
              ]),
          { text: spanOf(data.first_started_at, data.last_started_at) },
        ],
      };
    }),
  );
  return new Table({
    columns: [
      { header: "log of", align: "left", isKey: true },
      { header: "label", align: "left", isKey: true },
      { header: "requests", align: "right" },
      { header: "failed", align: "right" },
      { header: "model", align: "left" },
      { header: "proven", align: "right" },
      { header: "contradicted", align: "right" },
      { header: "unproven", align: "right" },
      { header: "evidence read from", align: "left" },
      { header: "started (UTC)", align: "left" },
    ],
    lines,
    notes: [
      "Proven, contradicted, unproven: what the server's own report of cached tokens says about the cache state or the method " +
        "intended, for requests that ended well.",
    ],
  });
}

function spanOf(first: string | null, last: string | null): string {
  if (first === null || last === null) return "not stated";
  const short = (time: string) => time.slice(0, 16).replace("T", " ");
  return short(first) === short(last) ? short(first) : `${short(first)} – ${short(last)}`;
}
