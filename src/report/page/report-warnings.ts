import { group } from "d3-array";
import { cutPrompts } from "../../domain/records/cut-prompt.js";
import { reasonsFirst } from "../../domain/records/first-token.js";
import { OUTCOMES } from "../../domain/records/timed-request.js";
import { formatCount } from "../../tables/format.js";
import { estimateNote } from "../context-length.js";
import { cutSentence } from "../cut-sentence.js";
import { ranSideBySide } from "../methods/side-by-side.js";
import { originsOf, type ReportLog, type RowOrigin } from "./report-provenance.js";
import type { ReportRows } from "./report-sections.js";

/** Errors shown of each noun; the log has all of them. */
const SHOWN = 3;

/** What a reader must know before believing the tables, one sentence each. */
export function reportWarnings(rows: ReportRows, logs: readonly ReportLog[]): string[] {
  return [
    ...originsOf(rows).flatMap(([noun, origins]) => [
      ...failures(noun, origins),
      ...doubts(noun, origins),
      ...mixedModels(noun, origins),
      ...mixedServers(noun, origins),
    ]),
    ...cutWarnings(rows),
    ...reasoningWarnings(rows),
    ...sideBySideWarning(rows),
    ...mixedCounters(rows),
    ...estimates(rows),
    ...pageWarnings(logs),
  ];
}

function failures(noun: string, rows: readonly RowOrigin[]): string[] {
  const failed = rows.filter(({ outcome }) => outcome !== "ok");
  if (failed.length === 0) return [];
  const kinds = OUTCOMES.flatMap((outcome) => {
    const count = failed.filter((row) => row.outcome === outcome).length;
    return count === 0 ? [] : [`${formatCount(count)} ${outcome}`];
  });
  const errors = [...group(failed, ({ error }) => error ?? "no reason given")].sort(
    ([, a], [, b]) => b.length - a.length,
  );
  const shown = errors.slice(0, SHOWN).map(([error, own]) => `${error} (${own.length} ×)`);
  const more = errors.length > SHOWN ? `; and ${errors.length - SHOWN} other errors` : "";
  return [
    `${noun}: ${formatCount(failed.length)} of ${formatCount(rows.length)} requests failed (${kinds.join(", ")}) and are ` +
      `excluded: ${shown.join("; ")}${more}.`,
  ];
}

function doubts(noun: string, rows: readonly RowOrigin[]): string[] {
  const good = rows.filter(({ outcome }) => outcome === "ok");
  const count = (evidence: "contradicted" | "unproven") =>
    good.filter((row) => row.evidence === evidence).length;
  const [contradicted, unproven] = [count("contradicted"), count("unproven")];
  return [
    ...(contradicted === 0
      ? []
      : [
          `${noun}: the server's report contradicts ${formatCount(contradicted)} of ${formatCount(good.length)} requests; they are excluded.`,
        ]),
    ...(unproven === 0
      ? []
      : [
          `${noun}: of ${formatCount(unproven)} of ${formatCount(good.length)} requests the server does not report whether they met the cache; they are counted as they were arranged.`,
        ]),
  ];
}

function mixedModels(noun: string, rows: readonly RowOrigin[]): string[] {
  return [...group(rows, ({ label }) => label)].flatMap(([label, own]) => {
    const models = [...new Set(own.map(({ model }) => model ?? "one not stated"))];
    return models.length < 2 ? [] : [`${noun}: "${label}" mixes models: ${models.join(", ")}.`];
  });
}

/** Requests whose prompt the server cut, by the rule of the tables. */
function cutWarnings({ ttft, blend, quality }: ReportRows): string[] {
  const nouns = { ttft, blend, quality };
  return Object.entries(nouns).flatMap(([noun, rows]) => {
    const isCut = cutPrompts(rows);
    const cut = rows.filter((row) => row.outcome === "ok" && isCut(row));
    return cutSentence(cut).map((sentence) => `${noun}: ${sentence}`);
  });
}

function mixedServers(noun: string, rows: readonly RowOrigin[]): string[] {
  return [...group(rows, ({ label }) => label)].flatMap(([label, own]) => {
    const servers = [...new Set(own.flatMap(({ log_server }) => log_server ?? []))];
    return servers.length < 2
      ? []
      : [`${noun}: "${label}" mixes servers, which are shown apart: ${servers.join(", ")}.`];
  });
}

/** Where the first token may mean two things; the tables have both. */
function reasoningWarnings({ ttft, blend, quality }: ReportRows): string[] {
  return Object.entries({ ttft, blend, quality }).flatMap(([noun, rows]) => {
    const reasoned = rows.filter((row) => row.outcome === "ok" && reasonsFirst(row));
    if (reasoned.length === 0) return [];
    const labels = [...new Set(reasoned.map(({ label }) => label))].join(", ");
    return [
      `${noun}: in ${formatCount(reasoned.length)} of ${formatCount(rows.length)} requests reasoning came before the ` +
        `content (${labels}); the tables have the times to both, and --first_token says which counts.`,
    ];
  });
}

function sideBySideWarning({ quality }: ReportRows): string[] {
  const together = quality.filter(ranSideBySide).length;
  if (together === 0) return [];
  return [
    `quality: ${formatCount(together)} of ${formatCount(quality.length)} requests ran side by side with other examples and ` +
      "waited for them; their TTFT is not that of a request alone.",
  ];
}

/** Lengths that nobody counted exactly. */
const estimates = ({ ttft, blend }: ReportRows): string[] =>
  Object.entries({ ttft, blend }).flatMap(([noun, rows]) =>
    estimateNote(rows).map((note) => `${noun}: ${note.replace(/^~: /, "")}`),
  );

/** Contexts counted by different counters are not of one length. */
function mixedCounters({ ttft }: ReportRows): string[] {
  const counters = [...new Set(ttft.map(({ token_counter }) => token_counter ?? "one not stated"))];
  return counters.length < 2
    ? []
    : [`ttft: contexts were counted by different token counters: ${counters.join(", ")}.`];
}

function pageWarnings(logs: readonly ReportLog[]): string[] {
  const missing = logs.filter(({ page }) => page === null).map(({ path }) => `${path}.meta.json`);
  const unreadable = logs.flatMap(({ page }) =>
    page !== null && "unreadable" in page ? [page.unreadable] : [],
  );
  const pages = logs.flatMap(({ page }) =>
    page === null || "unreadable" in page ? [] : [page, ...(page.resumed ?? [])],
  );
  const mixed = (what: string, of: readonly string[]) => {
    const distinct = [...new Set(of)];
    return distinct.length < 2
      ? []
      : [`The logs were made by different versions of ${what}: ${distinct.join(", ")}.`];
  };
  return [
    ...(missing.length === 0
      ? []
      : [`Without a manifest, nothing says how these logs were made: ${missing.join(", ")}.`]),
    ...unreadable,
    ...mixed(
      "firsttoken",
      pages.map(({ package_version }) => package_version),
    ),
    ...mixed(
      "Node",
      pages.map(({ node_version }) => node_version),
    ),
  ];
}
