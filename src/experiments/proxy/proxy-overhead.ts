import type { z } from "zod";
import { ServerError } from "../../domain/errors/errors.js";
import { checkOptions } from "../../domain/errors/options.js";
import type { ProxyRecord } from "../../domain/records/record-kinds.js";
import { runLoad } from "../../load/run-load.js";
import { parseProxyRecord } from "../../logs/records/record-lines.js";
import { random } from "../../stats/random.js";
import { openLogWithManifest, requireLog } from "../experiment-log.js";
import { type ResolvedTarget, resolveTarget, softwareAt } from "../load-target.js";
import { withLogOnS3 } from "../log-on-s3.js";
import { measuredCosts } from "../measured-costs.js";
import { withoutRefused } from "./load-body.js";
import { type Cell, cellsOf, pairsOf } from "./load-cells.js";
import { lostContent } from "./lost-content.js";
import { loadOn, measureBlock } from "./proxy-block.js";
import { proxyColumns, proxyFacts, proxyMayDiffer } from "./proxy-manifest.js";
import {
  type CheckedProxyOptions,
  type MeasuredBlock,
  type ProxyOptions,
  proxySchema,
} from "./proxy-options.js";
import { earlierPairs, pairKey } from "./proxy-pairs.js";

/** Concurrent requests in the warm-up of an open loop. */
const WARM_UP_CONCURRENCY = 8;

/**
 * Measures what proxies add to a provider's latency and take from its throughput, and returns the log's rows, earlier
 * ones first.
 *
 * The same load is put on the provider and on each proxy in alternating blocks, the order of each pair drawn from the seed,
 * so that drift of the machine affects both alike. A pair of blocks is written to the log when its second block ends.
 *
 * @throws OptionError for a wrong option; LogError if the log exists or can't be written; ServerError if a target answers no
 * warm-up request, or none of a block. What was measured stays in the log.
 * @example
 * const rows = await proxy.run({
 *   direct: "http://127.0.0.1:8099/v1",
 *   through: { litellm: { url: "http://127.0.0.1:4000/v1", apiKey: process.env.LITELLM_KEY } },
 *   model: "gpt-4o-mini",
 *   log: "proxy.jsonl",
 * });
 * rows[0].e2e_seconds // 0.0231
 */
export async function measureProxyOverhead<L extends string>(
  options: ProxyOptions<L>,
): Promise<readonly ProxyRecord[]> {
  return withLogOnS3(checkOptions(proxySchema, options), measureOverhead);
}

async function measureOverhead(asked: z.output<typeof proxySchema>): Promise<readonly ProxyRecord[]> {
  const direct = resolveTarget(asked.direct, asked);
  const through = new Map(
    Object.entries(asked.through).map(([label, proxy]) => [label, resolveTarget(proxy, asked)]),
  );
  // A proxy has its provider's key, and may reveal it.
  const keys = [direct, ...through.values()].map(({ apiKey }) => apiKey);
  const checked = { ...asked, secrets: [...asked.secrets, ...keys] };
  const labels = [...through.keys()];
  const cells = cellsOf(checked);
  const order = random(checked.seed);

  requireLog(checked);
  const started_at = new Date().toISOString();
  const targets = [direct, ...through.values()];
  const software = new Map(
    await Promise.all(targets.map(async (target) => [target, await softwareAt(target, checked)] as const)),
  );
  const run = { direct, through, software, started_at, sent: checked.body };
  const blocks: MeasuredBlock[] = [];
  const { log, writeManifest } = openLogWithManifest(checked, {
    facts: proxyFacts(checked, run, blocks),
    mayDiffer: proxyMayDiffer(checked, run),
    expected: (row) => proxyColumns(run, row),
    parse: parseProxyRecord,
  });
  try {
    const rows = [...log.earlier];
    const lost = lostContent();
    lost.see(rows);
    const measured = earlierPairs(log, cells);
    let taken = checked;
    const plan = cells.map((cell) => {
      const pairs = pairsOf(cell, labels, order);
      return { cell, pairs, left: pairs.filter((pair) => !measured.has(pairKey(pair))) };
    });
    const sizes = plan.flatMap(({ pairs, left }) =>
      pairs.map((_, at) => (at < pairs.length - left.length ? 0 : 1)),
    );
    const reached = measuredCosts(sizes, checked.onProgress);
    let done = 0;
    for (const { cell, pairs, left } of plan) {
      done += pairs.length - left.length;
      if (left.length > 0) taken = await warmUp(cell, targets, taken);
      for (const pair of left) {
        reached(done++);
        const sides = { direct, proxied: through.get(pair.label)! };
        const measuredNow: ProxyRecord[] = [];
        for (const target of pair.order) {
          await direct.load?.();
          const block = await measureBlock(pair, target, sides[target], taken);
          const provider = (await direct.load?.()) ?? null;
          for (const record of block.records) measuredNow.push(record);
          blocks.push({ ...pair, target, client: block.client, provider });
          checked.onBlock?.(blocks.at(-1)!);
        }
        lost.see(measuredNow);
        const records = lost.mark(measuredNow);
        log.appendAll(records);
        for (const record of records) rows.push(record);
        writeManifest(proxyFacts(checked, { ...run, sent: taken.body }, blocks));
        requireAnAnswer(
          direct,
          records.filter(({ target }) => target === "direct"),
        );
        requireAnAnswer(
          sides.proxied,
          records.filter(({ target }) => target === "proxied"),
        );
      }
    }
    reached(sizes.length);
    return rows;
  } finally {
    log.close();
  }
}

/**
 * Sends requests that are not recorded, because the first ones open connections and fill caches on both sides. Returns the
 * options with a body that all targets accept: if one refuses a field, all are warmed up again without it.
 */
async function warmUp(
  cell: Cell,
  targets: readonly ResolvedTarget[],
  checked: CheckedProxyOptions,
): Promise<CheckedProxyOptions> {
  const { mode, concurrency, warmUps } = cell;
  if (warmUps === 0) return checked;
  for (const target of targets) {
    const { requests } = await runLoad({
      ...loadOn(target, checked),
      ...{ mode, requests: warmUps },
      arrivals: { kind: "closed", concurrency: concurrency ?? WARM_UP_CONCURRENCY },
    });
    const first = requests[0]!;
    if (requests.some(({ outcome }) => outcome === "ok")) continue;
    const mended = withoutRefused(target, first, checked);
    if (mended !== null) return warmUp(cell, targets, mended);
    throw new ServerError(
      `All ${warmUps} warm-up requests to ${target.url} failed; the first one: ` +
        `${first.failure}: ${first.error}`,
      { url: target.url },
    );
  }
  return checked;
}

/** Nothing worth measuring follows a block in which every request failed. */
function requireAnAnswer({ url }: ResolvedTarget, block: readonly ProxyRecord[]): void {
  if (block.some(({ outcome }) => outcome === "ok")) return;
  const { failure, error } = block[0]!;
  throw new ServerError(
    `Stopped because all ${block.length} requests of a block to ${url} failed; the first one: ${failure}: ${error} ` +
      "What was measured is in the log; fix the server and continue with --resume (resume: true).",
    { url },
  );
}
