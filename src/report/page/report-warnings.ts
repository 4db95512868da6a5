import { group } from "d3-array";
import { cutPrompts } from "../../domain/records/cut-prompt.js";
import { reasonsFirst } from "../../domain/records/first-token.js";
import { OUTCOMES } from "../../domain/records/words.js";
import { formatCount, formatCounted } from "../../tables/format.js";
import { estimateNote } from "../context-length.js";
import { ranSideBySide } from "../methods/side-by-side.js";
import { cutSentence } from "../request-notes.js";
import { originsOf, type ReportLog, type RowOrigin } from "./report-provenance.js";
import type { ReportRows } from "./report-sections.js";

/** Errors shown of each kind; the log has all of them. */
const SHOWN = 3;

/** What a reader must know before trusting the tables, one sentence each. */
export function reportWarnings(rows: ReportRows, logs: readonly ReportLog[]): string[] {
  return [
    ...originsOf(rows).flatMap(([kind, origins]) => [
      ...failures(kind, origins),
      ...doubts(kind, origins),
      ...mixedModels(kind, origins),
      ...mixedServers(kind, origins),
    ]),
    ...cutWarnings(rows),
    ...reasoningWarnings(rows),
    ...sideBySideWarning(rows),
    ...mixedCounters(rows),
    ...estimates(rows),
    ...pageWarnings(logs),
  ];
}

function failures(kind: string, rows: readonly RowOrigin[]): string[] {
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
    `${kind}: ${formatCount(failed.length)} of ${formatCount(rows.length)} requests failed (${kinds.join(", ")}) and are ` +
      `excluded: ${shown.join("; ")}${more}.`,
  ];
}

function doubts(kind: string, rows: readonly RowOrigin[]): string[] {
  const good = rows.filter(({ outcome, source_tool = null }) => outcome === "ok" && source_tool === null);
  const ofOthers = rows.filter(({ outcome, source_tool = null }) => outcome === "ok" && source_tool !== null);
  const count = (evidence: "contradicted" | "unproven") =>
    good.filter((row) => row.evidence === evidence).length;
  const [contradicted, unproven] = [count("contradicted"), count("unproven")];
  const reasons = group(
    good.filter(({ evidence }) => evidence === "unproven"),
    ({ evidence_reason }) => evidence_reason ?? "the log does not say why",
  );
  const why = [...reasons].sort(([, a], [, b]) => b.length - a.length).map(([reason]) => reason);
  const others = why.length > SHOWN ? `; and ${why.length - SHOWN} other reasons` : "";
  return [
    ...(contradicted === 0
      ? []
      : [
          `${kind}: the server's report contradicts ${formatCount(contradicted)} of ${formatCounted(good.length, "request")}; ${
            kind === "load" ? "the notes of its table say which of them count" : "they are excluded"
          }.`,
        ]),
    ...(unproven === 0
      ? []
      : [
          `${kind}: nothing proves the cache state of ${formatCount(unproven)} of ${formatCounted(good.length, "request")}, ` +
            `counted as intended: ${why.slice(0, SHOWN).join("; ")}${others}.`,
        ]),
    ...(ofOthers.length === 0
      ? []
      : [
          `${kind}: files of other tools do not say which requests were meant to hit the cache (${formatCounted(ofOthers.length, "request")}).`,
        ]),
  ];
}

function mixedModels(kind: string, rows: readonly RowOrigin[]): string[] {
  return [...group(rows, ({ label }) => label)].flatMap(([label, own]) => {
    const models = [...new Set(own.map(({ model }) => model ?? "one not stated"))];
    return models.length < 2 ? [] : [`${kind}: "${label}" mixes models: ${models.join(", ")}.`];
  });
}

/** Requests whose prompt the server cut, by the rule of the tables. */
function cutWarnings({ ttft, blend, quality }: ReportRows): string[] {
  const kinds = { ttft, blend, quality };
  return Object.entries(kinds).flatMap(([kind, rows]) => {
    const isCut = cutPrompts(rows);
    const cut = rows.filter((row) => row.outcome === "ok" && isCut(row));
    return cutSentence(cut).map((sentence) => `${kind}: ${sentence}`);
  });
}

function mixedServers(kind: string, rows: readonly RowOrigin[]): string[] {
  return [...group(rows, ({ label }) => label)].flatMap(([label, own]) => {
    const servers = [...new Set(own.flatMap(({ log_server }) => log_server ?? []))];
    return servers.length < 2
      ? []
      : [`${kind}: "${label}" mixes servers, which are shown apart: ${servers.join(", ")}.`];
  });
}

/** If the first token may mean two things; the tables show both. */
function reasoningWarnings({ ttft, blend, quality }: ReportRows): string[] {
  return Object.entries({ ttft, blend, quality }).flatMap(([kind, rows]) => {
    const reasoned = rows.filter((row) => row.outcome === "ok" && reasonsFirst(row));
    if (reasoned.length === 0) return [];
    const labels = [...new Set(reasoned.map(({ label }) => label))].join(", ");
    return [
      `${kind}: in ${formatCount(reasoned.length)} of ${formatCount(rows.length)} requests reasoning came before the ` +
        `content (${labels}); the tables show the times to both, and --first_token (firstToken) chooses which counts.`,
    ];
  });
}

function sideBySideWarning({ quality }: ReportRows): string[] {
  const together = quality.filter(ranSideBySide).length;
  if (together === 0) return [];
  return [
    `quality: ${formatCount(together)} of ${formatCount(quality.length)} requests ran concurrently with other examples and ` +
      "waited for them; their TTFT is not that of a request alone.",
  ];
}

/** Lengths that were not counted exactly. */
const estimates = ({ ttft, blend }: ReportRows): string[] =>
  Object.entries({ ttft, blend }).flatMap(([kind, rows]) =>
    estimateNote(rows).map((note) => `${kind}: ${note.replace(/^~: /, "")}`),
  );

/** Contexts counted by different counters do not have the same length. */
function mixedCounters({ ttft }: ReportRows): string[] {
  const counters = [...new Set(ttft.map(({ token_counter }) => token_counter ?? "one not stated"))];
  return counters.length < 2
    ? []
    : [`ttft: contexts were counted by different token counters: ${counters.join(", ")}.`];
}

function pageWarnings(logs: readonly ReportLog[]): string[] {
  const missing = logs
    .filter(({ manifest, tool = null }) => manifest === null && tool === null)
    .map(({ path }) => `${path}.meta.json`);
  const unreadable = logs.flatMap(({ manifest }) =>
    manifest !== null && "unreadable" in manifest ? [manifest.unreadable] : [],
  );
  const manifests = logs.flatMap(({ manifest }) =>
    manifest === null || "unreadable" in manifest ? [] : [manifest, ...(manifest.resumed ?? [])],
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
      : [`These logs have no manifest, so nothing says how they were made: ${missing.join(", ")}.`]),
    ...unreadable,
    ...mixed(
      "firsttoken",
      manifests.map(({ package_version }) => package_version),
    ),
    ...mixed(
      "Node",
      manifests.map(({ node_version }) => node_version),
    ),
  ];
}
