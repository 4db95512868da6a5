import { group, sum } from "d3-array";
import { largest } from "../../domain/extremes.js";
import { countedFrom } from "../../domain/records/counted-from.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import { reasonsFirst } from "../../domain/records/first-token.js";
import { type Objective, REQUEST_TIMES } from "../../domain/records/objectives.js";
import { OUTCOMES } from "../../domain/records/words.js";
import { formatCount, formatCounted, formatNumber, formatPercent } from "../../tables/format.js";
import { cutSentence, TO_FIRST, tokenlessNote } from "../request-notes.js";
import type { MeasuredLoad } from "./load-row.js";
import { countedTiers } from "./measures/cached-share.js";
import type { LoadCell } from "./measures/load-cell.js";
import { rampText } from "./measures/load-level.js";
import type { BlockParts } from "./measures/shared-block.js";

/** What a footnote calls a label at a level by: `CacheBlend 15% at 2/s`. */
export const loadName = ({ series, name }: LoadCell): string => `${series.name} at ${name}`;

/** Why a level's times are to be read with care, in one note; undefined where nothing stands against them. */
export function careNote(cell: LoadCell): string | undefined {
  const { failed, requests, limited, blocks, unsteady, judged, partial } = cell;
  const parts = [
    ...(failed === 0
      ? []
      : [
          `percentiles leave out the ${formatCount(failed)} of ${formatCount(requests.length)} requests that failed ` +
            `(${formatNumber((100 * failed) / requests.length)} %), usually the slowest ones`,
        ]),
    ...(limited.length === 0
      ? []
      : [
          `the client may have been the limit in ${limited.length} of ${formatCounted(blocks.length, "block")} (${limitsOf(cell)})`,
        ]),
    ...(partial === 0 || cell.unsettled !== null
      ? []
      : [
          `${formatCounted(partial, "block")} left out because some parts of the run did not send their requests`,
        ]),
    ...partsNote(blocks),
    ...(unsteady === 0 || cell.unsettled !== null
      ? []
      : [`TTFT drifted during ${unsteady} of ${formatCounted(judged, "block")}, which are still counted`]),
  ];
  return parts.length === 0 ? undefined : `${loadName(cell)}: ${parts.join("; ")}.`;
}

/** A share of a block's time by which its parts may be apart without a word. */
const MAY_BE_APART = 0.05;

/** How far apart the parts of blocks began, where that is more than they may. */
function partsNote(blocks: LoadCell["blocks"]): string[] {
  const apart = (of: (parts: BlockParts) => number) =>
    blocks.flatMap(({ parts, seconds }) =>
      parts !== null && of(parts) > MAY_BE_APART * (seconds ?? Number.POSITIVE_INFINITY) ? [of(parts)] : [],
    );
  const late = apart(({ lateSeconds }) => lateSeconds);
  const clocks = apart(({ apartSeconds }) => apartSeconds);
  return [
    ...(late.length === 0
      ? []
      : [
          `a part began up to ${formatNumber(largest(late))} s late in ${late.length} of ${formatCounted(blocks.length, "block")}`,
        ]),
    ...(clocks.length === 0
      ? []
      : [`the parts' clocks differ by at least ${formatNumber(largest(clocks))} s, by the server's clock`]),
  ];
}

const limitsOf = ({ limited }: LoadCell): string =>
  [...new Set(limited.map(({ clientLimit }) => clientLimit))].join(", ");

/** How many failed by outcome, with an example of an error; null where none did. */
export function failureNote(cell: LoadCell): string | null {
  const failed = cell.requests.filter(({ outcome }) => outcome !== "ok");
  if (failed.length === 0) return null;
  const kinds = OUTCOMES.flatMap((outcome) => {
    const count = outcome === "ok" ? 0 : cell.outcomes[outcome];
    return count === 0 ? [] : [`${formatCount(count)} ${outcome}`];
  });
  const waits = failed.flatMap(({ retry_after_seconds }) => retry_after_seconds ?? []);
  const asked =
    waits.length === 0
      ? ""
      : `; ${formatCount(waits.length)} with Retry-After of at most ${formatNumber(largest(waits))} s; no request was sent again`;
  const example = failed.find(({ error }) => error !== null)?.error ?? null;
  return `Failed: ${loadName(cell)}: ${kinds.join(", ")}${asked}${example === null ? "" : ` (${shortened(example)})`}`;
}

const shortened = (text: string): string => (text.length > 120 ? `${text.slice(0, 119)}…` : text);

/** Sentences below a table of loads. */
export function loadNotes(
  all: readonly MeasuredLoad[],
  objectives: readonly Objective[],
  firstToken: FirstToken,
): string[] {
  const cells = all.map(({ cell }) => cell);
  const total = (of: (cell: LoadCell) => number) => sum(cells, of);
  const requests = cells.flatMap((cell) => cell.requests);
  const scheduled = requests.some((row) => countedFrom(row) === "intended start");
  const [contradicted, missed, excluded] = [
    total(({ evidence }) => evidence.contradicted),
    total((cell) => cell.missed),
    total((cell) => cell.excluded - cell.cut.length),
  ];
  const unmeasured = sum(all, ({ goodput }) => goodput?.unmeasured ?? 0);
  const intervals = new Set(all.flatMap(({ goodput }) => goodput?.interval ?? []));
  const reasoned = requests.filter((row) => row.outcome === "ok" && reasonsFirst(row)).length;
  return [
    ...(all.some(({ speedup }) => speedup !== null)
      ? ["Speed-up: ratio of median TTFTs at the same level, 95 % interval by bootstrap over blocks."]
      : []),
    ...(objectives.length === 0
      ? []
      : [
          `Goodput: requests a second that met ${objectivesText(objectives)}; 95 % interval ${intervalText(intervals)}.` +
            (unmeasured === 0
              ? ""
              : ` ${formatCounted(unmeasured, "request")} lack a time that has an objective, and count as not met.`),
        ]),
    ...rampNote(cells),
    ...(scheduled
      ? ["Scheduled arrivals: TTFT and E2E count from the intended start, waiting included."]
      : []),
    `Evidence by the server's own report: ${formatCount(total(({ evidence }) => evidence.proven))} proven, ` +
      `${formatCount(contradicted)} contradicted, ${formatCount(total(({ evidence }) => evidence.unproven))} unproven.` +
      (missed === 0
        ? ""
        : ` ${formatCount(missed)} had fewer cached tokens than an unlimited cache would hold; they are counted, because evictions are part of this load.`) +
      (excluded === 0
        ? ""
        : ` ${formatCounted(excluded, "request")} contradicted their label and are excluded.`),
    ...(all.some(({ countedShare }) => countedShare !== null)
      ? [
          "By its counters: the server's own totals over whole blocks, which include ramp-up, ramp-down and other clients' requests.",
        ]
      : []),
    ...cells.flatMap(tierNote),
    ...hitRatioNotes(all),
    ...lengthNotes(cells),
    ...cutSentence(cells.flatMap(({ cut }) => cut)),
    ...(reasoned === 0
      ? []
      : [
          `In ${formatCounted(reasoned, "request")} reasoning came before the content: TTFT counts to ${TO_FIRST[firstToken]}.`,
        ]),
    ...tokenlessNote(requests.filter((row) => !reasonsFirst(row))),
  ];
}

/** Which tiers gave what, by the server's counters; where they tell one alone, there is nothing to tell apart. */
function tierNote(cell: LoadCell): string[] {
  const told = countedTiers(cell.blocks);
  if (told.length < 2) return [];
  const shares = told.map(({ from, share }) => `${percent(share)} of the prompts from ${from}`);
  return [`${loadName(cell)}, by the server's counters: ${shares.join(", ")}.`];
}

/** How far a server's count may be from the plan's: what tokenizers and chat templates explain. */
const LENGTHS = { share: 0.05, tokens: 100 };

/** Where the server counted other prompts than were made; cut ones are told apart. */
function lengthNotes(cells: readonly LoadCell[]): string[] {
  const told = cells.flatMap(({ good }) =>
    good.flatMap(({ prompt_tokens: counted, planned_prompt_tokens: planned }) =>
      counted === null || planned == null ? [] : [{ counted, planned }],
    ),
  );
  const others = told.filter(
    ({ counted, planned }) => Math.abs(counted - planned) > LENGTHS.share * planned + LENGTHS.tokens,
  );
  const [example] = others;
  if (example === undefined) return [];
  return [
    `In ${formatCount(others.length)} of ${formatCounted(told.length, "request")} the server counted another length than the prompt was ` +
      `made with (${formatCount(example.counted)} tokens, not ${formatCount(example.planned)}): the counter is not the model's ` +
      "(--tokenizer, tokenizer), or something is added to prompts on the way.",
  ];
}

/** How far a reported share may be from the one asked for. */
const NEAR = 0.02;

/** Whether the server's report agrees with the hit ratios that were asked for. */
function hitRatioNotes(all: readonly MeasuredLoad[]): string[] {
  const checked = all.flatMap(({ cell, shares }) => {
    const asked = cell.requests[0]!.asked_hit_ratio ?? null;
    return asked === null || cell.good.length === 0 ? [] : [{ cell, asked, found: shares.reported }];
  });
  return [...group(checked, ({ asked }) => asked)].map(([asked, own]) => {
    const wanted = `A hit ratio of ${percent(asked)} was asked for`;
    const told = own.flatMap(({ cell, found }) => (found === null ? [] : [{ cell, found }]));
    if (told.length === 0)
      return `${wanted}; whether it was reached is not known, for the server does not report cached tokens.`;
    const missed = told.filter(({ found }) => Math.abs(found - asked) > NEAR);
    if (missed.length === 0)
      return `${wanted}, and reached within 2 points at all levels of which the server reports it.`;
    const names = missed.map(({ cell, found }) => `${loadName(cell)} ${percent(found)}`).join(", ");
    const why = missed.some(({ found }) => found < asked)
      ? " A cache keeps whole blocks (usually 16 tokens in vLLM, 256 in LMCache) as long as it has room, and a chat template is part of " +
        "the prompt: take longer prompts, or a beginning of whole blocks (--shared_tokens, sharedTokens)."
      : "";
    return `${wanted}, and the server reports another: ${names}.${why}`;
  });
}

const percent = (share: number): string => `${formatPercent(share)} %`;

/** What the rows of a ramp are. */
function rampNote(cells: readonly LoadCell[]): string[] {
  const ramps = new Set(cells.flatMap(({ requests }) => rampText(requests[0]!) ?? []));
  if (ramps.size === 0) return [];
  return [
    `A row of a ramp (${[...ramps].join("; ")}) holds the requests that arrived at those rates. The rate keeps changing, so TTFT ` +
      "never settles, and it includes the queue that earlier rates left behind: to find the load a server sustains, measure " +
      "constant rates (--rates, ratesPerSecond). Each repetition of a ramp is one block of each label, and the interval of a " +
      "speed-up needs 6 blocks.",
  ];
}

/** Objectives in words: `TTFT ≤ 0.5 s and E2E ≤ 10 s`. */
export const objectivesText = (objectives: readonly Objective[]): string =>
  objectives.map(({ time, seconds }) => `${REQUEST_TIMES[time].title} ≤ ${seconds} s`).join(" and ");

function intervalText(intervals: ReadonlySet<"blocks" | "wilson">): string {
  if (intervals.size === 0) return "none";
  const [blocks, wilson] = [
    "by bootstrap over blocks",
    "by Wilson's method for the share, as if requests were independent",
  ];
  if (intervals.size === 1) return intervals.has("blocks") ? blocks : wilson;
  return `${blocks}; ${wilson}, where there are fewer than 6 blocks or all requests agree`;
}
