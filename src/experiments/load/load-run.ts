import { createHash, randomUUID } from "node:crypto";
import { LogError, OptionError } from "../../domain/errors/errors.js";
import { checkOptions } from "../../domain/errors/options.js";
import type { JsonObject } from "../../domain/json.js";
import { loadCell } from "../../domain/records/cells.js";
import type { LoadRecord } from "../../domain/records/record-kinds.js";
import { parseLoadRecord } from "../../logs/records/record-lines.js";
import { type MayDiffer, whatever } from "../../logs/same-run.js";
import { random } from "../../stats/random.js";
import { openExperimentLog } from "../experiment-log.js";
import { withLogOnS3 } from "../log-on-s3.js";
import { measuredCosts } from "../measured-costs.js";
import { columnsOf, describeJoining, describeMethods } from "../methods/methods-option.js";
import { chooseFormat } from "../methods/prompt-format.js";
import { promptTokens } from "../methods/prompt-tokens.js";
import { logOfShard } from "../run-plan.js";
import { requireAnswered } from "./answered-block.js";
import { type ClockOffset, readOffset } from "./clock-offset.js";
import { hitRatioNote } from "./hit-ratio-note.js";
import { blocksOf, type LoadBlock, secondsAsked } from "./levels.js";
import { measureLoadBlock, passOverBlock } from "./load-block.js";
import {
  type CheckedLoadOptions,
  type LoadOptions,
  levelsAsked,
  loadSchema,
  requestsAsked,
} from "./load-options.js";
import { blockPart, type LoadParts, latestSeconds, partsOf } from "./load-parts.js";
import { type LoadSide, prepareSide } from "./load-side.js";

/**
 * Measures how TTFT holds up as requests come faster, and returns the log's rows, earlier ones first.
 *
 * A block is one label's requests at one level; labels alternate from block to block, in an order drawn from the seed. All
 * requests of a block are prepared before its clock starts, and its records are written when it ends. Documents are new in
 * every run, and each label has its own.
 *
 * @throws OptionError for a wrong option; LogError if the log exists or can't be written; MethodRefused if a server can't do
 * what a method needs; ServerError if it answers no short request, or none of a block for a reason that is not the load. What was
 * measured stays in the log.
 * @example
 * const rows = await load.run({
 *   methods: { "Full prefill": methods.fullPrefill(server), "Prefix cache": methods.prefixCache(server) },
 *   workload: workloads.sharedPrefix({ sharedTokens: 2_000, ownTokens: 200 }),
 *   ratesPerSecond: [0.5, 1, 2, 4],
 *   log: "load.jsonl",
 * });
 * rows[0].ttft_seconds // 0.135
 */
export async function measureLoad<L extends string>(options: LoadOptions<L>): Promise<readonly LoadRecord[]> {
  const checked = checkOptions(loadSchema, options);
  const { repeats, seed } = checked;
  const levels = levelsAsked(checked);
  const labels = Object.keys(checked.methods);
  const plan = { labels, levels, repeats, requestsAt: requestsAsked(checked), blocks: checked.blocks };
  const all = blocksOf(plan, random(seed).fork("blocks"));
  // More levels and repetitions are more of the same.
  const mayDiffer = { ratesPerSecond: whatever, concurrency: whatever, repeats: whatever };
  return measureBlocks(checked, {
    all,
    parts: partsOf(checked, all),
    blocks: () => all,
    facts: {},
    mayDiffer,
    firstRefused: null,
  });
}

/** Which blocks a run measures. */
export interface LoadRunPlan {
  /** All of them, where they are known beforehand. */
  readonly all: readonly LoadBlock[] | null;
  /** Which part of them, where several processes measure them together; null where this one does it alone. */
  readonly parts: LoadParts | null;
  /** They one after the other, from the rows so far: the list grows while they are taken. */
  blocks(rows: readonly LoadRecord[]): Iterable<LoadBlock>;
  /** What the manifest says of it beside the options. */
  readonly facts: JsonObject;
  readonly mayDiffer: MayDiffer;
  /** What to say where the server refuses all requests of a label's first block; null where that counts as any level. */
  readonly firstRefused: string | null;
}

/** Measures a run's blocks, as {@link measureLoad} says. */
export function measureBlocks(
  checked: CheckedLoadOptions,
  plan: LoadRunPlan,
): Promise<readonly LoadRecord[]> {
  return withLogOnS3(checked, (here) => measureInto(here, plan));
}

async function measureInto(checked: CheckedLoadOptions, plan: LoadRunPlan): Promise<readonly LoadRecord[]> {
  const { methods, workload, repeats, seed, signal, shard } = checked;
  const { parts } = plan;
  const labels = Object.keys(methods);
  // All parts make the same texts, which are new in every run all the same.
  const nonce = parts === null ? randomUUID() : `load of ${startOf(checked)}`;
  const order = random(seed);
  const chanceOf = ({ repeat, level, block }: LoadBlock) => order.fork(`${repeat} ${level} ${block}`);

  const all = Object.values(methods);
  const servers = all.map(({ server }) => server);
  const format = await chooseFormat(checked.format, all, { wording: "plain", tasks: [] }, signal);
  const tokens = await promptTokens(methods, format, "remembered");
  const log = await openExperimentLog(logOfShard(checked, shard), {
    servers,
    seed,
    plan: plan.all && {
      ...{ cells: plan.all.map(loadCell), shard },
      requests: Object.fromEntries(plan.all.map((block) => [loadCell(block), requestsOf(block)])),
    },
    options: {
      methods: describeMethods(methods),
      joining: describeJoining(methods),
      workload: { kind: workload.kind, ...workload.settings },
      ...{ format, tokenised: tokens.tokenised },
      ratesPerSecond: checked.ratesPerSecond ?? null,
      arrivals: checked.arrivals ?? null,
      burstiness: checked.burstiness ?? null,
      concurrency: checked.concurrency ?? null,
      requests: checked.requests ?? null,
      levelSeconds: checked.levelSeconds ?? null,
      ramp: checked.ramp ?? null,
      blocks: checked.blocks ?? null,
      ...{ repeats, timeoutSeconds: checked.timeoutSeconds },
      ...plan.facts,
      document_nonce: nonce,
      ...(parts !== null && { start_at: startOf(checked), slot_seconds: checked.slotSeconds ?? null }),
    },
    mayDiffer: {
      ...plan.mayDiffer,
      ...{ timeoutSeconds: whatever, document_nonce: whatever, collect_seconds: whatever },
      // The same examples may be in another file by now; their own digest is compared.
      "workload.dataset_files": whatever,
    },
    expected: (row) => ({ ...columnsOf(methods, row.label), workload: workload.kind }),
    parse: parseLoadRecord,
  });
  const rows = [...log.earlier];
  let clock: ClockOffset | null = null;
  try {
    const { all } = plan;
    const isLate = (block: LoadBlock) =>
      parts !== null && Date.now() > parts.startOf(block) + 1_000 * latestSeconds(block);
    if (parts !== null && rows.length === 0 && all!.every(isLate))
      throw new OptionError("startAt", "must lie ahead: the time of every block is over", startOf(checked));
    const partOf = (block: LoadBlock) =>
      parts && blockPart(parts, block, checked.arrivals ?? "poisson", chanceOf(block), clock);
    const measured = earlierBlocks(log.path, rows, all ?? [], (block) => {
      const part = partOf(block);
      return countOf(requestsOf(block), part === null ? () => true : part.isOwn);
    });
    const sides = new Map<string, LoadSide>();
    const sideOf = async (label: string): Promise<LoadSide> => {
      const side =
        sides.get(label) ??
        (await prepareSide({
          ...{ label, method: methods[label]!, format, tokens, workload, signal },
          draw: { texts: random(nonce).fork(label), order: order.fork("workload") },
          // A part makes all of the plan's requests, whichever it has sent.
          before: parts === null ? log.earlier.filter((row) => row.label === label).length : 0,
          salt: parts === null ? undefined : saltOf(nonce, label),
        }));
      sides.set(label, side);
      return side;
    };
    for (const label of labels)
      if (all?.some((one) => one.label === label && !measured.has(keyOf(one))) ?? true) await sideOf(label);
    for (const [label, { underLoad }] of sides) {
      const { askedHitRatio: asked } = workload;
      const note = asked && underLoad.prefixGrid && hitRatioNote(asked, underLoad.prefixGrid);
      if (note) checked.onNote?.(`${label}: ${note}`);
    }
    const collected = [...sides].map(([label, { collectSeconds }]) => [label, collectSeconds]);
    clock = parts === null ? null : await readOffset(servers[0]!, signal);
    const found = {
      collect_seconds: Object.fromEntries(collected),
      ...(parts !== null && { clock: clock && { ...clock } }),
    };
    const leftOut: string[] = [];
    log.addToManifest(found);

    const sizes = all?.map((block) => (measured.has(keyOf(block)) ? 0 : secondsAsked(block))) ?? [];
    const reached = measuredCosts(sizes, all === null ? undefined : checked.onProgress);
    let done = 0;
    let wasMeasured = true;
    for (const block of plan.blocks(rows)) {
      reached(done++, wasMeasured);
      wasMeasured = false;
      const part = partOf(block);
      if (measured.has(keyOf(block))) {
        const side = sides.get(block.label);
        if (part !== null && side !== undefined) await passOverBlock(side, block, part);
        continue;
      }
      const result = await measureLoadBlock(await sideOf(block.label), block, chanceOf(block), checked, part);
      if (result === null) {
        if (!part!.isTooLate() || countOf(requestsOf(block), part!.isOwn) === 0) continue;
        leftOut.push(loadCell(block));
        log.addToManifest({ ...found, left_out_blocks: leftOut });
        checked.onLeftOut?.(
          `Left out: ${loadCell(block)}. This part was not ready when its time came (${new Date(part!.startsAtMs).toISOString()}).`,
        );
        continue;
      }
      wasMeasured = true;
      await requireAnswered(result.records, {
        ...{ method: methods[block.label]!, format, signal, firstRefused: plan.firstRefused },
        hasAnswered: rows.some(({ label, outcome }) => label === block.label && outcome === "ok"),
      });
      log.appendAll(result.records);
      for (const record of result.records) {
        rows.push(record);
        checked.onRecord?.(record);
      }
      checked.onBlock?.(result);
    }
    reached(sizes.length, wasMeasured);
    return rows;
  } finally {
    log.close();
  }
}

/** The stated start of a load in parts, as it is recorded. */
const startOf = ({ startAt }: CheckedLoadOptions): string => new Date(startAt!).toISOString();

/** What keeps the prompts of a label apart from all others: the same in all parts, and none of `@ / \\`. */
const saltOf = (nonce: string, label: string): string =>
  createHash("sha256")
    .update(JSON.stringify([nonce, label]))
    .digest("hex")
    .slice(0, 36);

const requestsOf = ({ sizes }: LoadBlock): number => sizes.rampUp + sizes.measured + sizes.rampDown;

const countOf = (count: number, counts: (index: number) => boolean): number => {
  let counted = 0;
  for (let index = 0; index < count; index++) if (counts(index)) counted += 1;
  return counted;
};

/** What identifies a block in a log. */
const keyOf = ({ label, rate_per_second, concurrency, repeat, block }: Placed): string =>
  JSON.stringify([label, rate_per_second, concurrency, repeat, block]);

type Placed = Pick<LoadRecord, "label" | "rate_per_second" | "concurrency" | "repeat" | "block">;

/**
 * The blocks that a resumed log already contains.
 *
 * @throws LogError where one is not of the size that this run would give it: the log is then that of another run.
 */
function earlierBlocks(
  path: string,
  rows: readonly LoadRecord[],
  blocks: readonly LoadBlock[],
  ownRequests: (block: LoadBlock) => number,
): ReadonlySet<string> {
  const found = new Map<string, { readonly place: LoadRecord; requests: number }>();
  for (const row of rows) {
    const known = found.get(keyOf(row)) ?? { place: row, requests: 0 };
    known.requests += 1;
    found.set(keyOf(row), known);
  }
  const sizes = new Map(blocks.map((block) => [keyOf(block), ownRequests(block)]));
  for (const [key, { place, requests }] of found) {
    const size = sizes.get(key);
    if (size === undefined || size === requests) continue;
    throw new LogError(
      `${path} can't be resumed: block ${place.block} of ${place.label} has ${requests} requests where this run would have ${size}. ` +
        "Use the options it was started with, or start over with --overwrite (overwrite: true).",
      { path },
    );
  }
  return new Set(found.keys());
}
