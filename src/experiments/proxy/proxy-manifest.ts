import type { ProxyRecord } from "../../domain/records/record-kinds.js";
import type { RunFacts } from "../../logs/files/manifest.js";
import { type MayDiffer, whatever } from "../../logs/same-run.js";
import { isOnThisMachine } from "../experiment-log.js";
import type { ResolvedTarget } from "../load-target.js";
import type { CheckedProxyOptions, MeasuredBlock } from "./proxy-options.js";

/** A run's servers, with the software of each as far as reported, and when the run began. */
export interface ProxyRun {
  readonly direct: ResolvedTarget;
  readonly through: ReadonlyMap<string, ResolvedTarget>;
  readonly software: ReadonlyMap<ResolvedTarget, string | null>;
  /** The additional fields of the body as they were sent: without those that some target refuses. */
  readonly sent: Readonly<Record<string, unknown>>;
  /** ISO 8601. */
  readonly started_at: string;
}

/** What the manifest of a proxy log says about a run: written at the start, and again with what is known later. */
export function proxyFacts(
  checked: CheckedProxyOptions,
  { direct, through, software, started_at, sent }: ProxyRun,
  blocks: readonly MeasuredBlock[],
): RunFacts {
  const { log, seed, signal, onBlock, onNotice, onProgress, resume, overwrite, about, ...others } = checked;
  const { headers, secrets, ...options } = others;
  const { model, concurrency, streamConcurrency, ratePerSecond, arrivals } = options;
  return {
    server: direct.url,
    server_software: software.get(direct) ?? null,
    model: direct.model,
    seed,
    options: {
      ...options,
      // Options that were not given are written too, so that a run that gives them is recognised as different.
      ...{ model: model ?? null, blocks: options.blocks ?? null, arrivals: arrivals ?? null },
      ...{ concurrency: concurrency ?? null, streamConcurrency: streamConcurrency ?? null },
      ratePerSecond: ratePerSecond ?? null,
      direct: direct.url,
      through: Object.fromEntries(
        [...through].map(([label, target]) => [
          label,
          { url: target.url, model: target.model, software: software.get(target) ?? null },
        ]),
      ),
      // Their values may be keys.
      headers: Object.keys(headers),
      ...(sent !== checked.body && { body_sent: sent }),
      ...about,
      client_load: busiest(blocks, ({ client }) => client.cpu),
      provider_load: busiest(blocks, ({ provider }) => provider?.cpu ?? null),
      ...bottlenecks(blocks),
    },
    started_at,
  };
}

/**
 * What may differ in a resumed proxy run: additional repetitions and loads, which the rows distinguish, the time limit, and
 * values that are only measured. A mock provider, and a proxy started for the run, may listen on another port.
 */
export function proxyMayDiffer({ about }: CheckedProxyOptions, { direct, through }: ProxyRun): MayDiffer {
  const startedAgain = (isOurs: boolean) => (was: unknown, is: unknown) =>
    isOurs && isOnThisMachine(was) && isOnThisMachine(is);
  const mock = startedAgain(direct.load !== null);
  const proxy = startedAgain(typeof about.proxy_command === "string");
  return {
    ...{ server: mock, direct: mock, "mock.port": whatever },
    ...Object.fromEntries([...through.keys()].map((label) => [`through.${label}.url`, proxy])),
    ...{ repeats: whatever, timeoutSeconds: whatever, idleTimeoutSeconds: whatever },
    ...{ concurrency: whatever, streamConcurrency: whatever, ratePerSecond: whatever },
    ...{ client_load: whatever, provider_load: whatever, body_sent: whatever },
    ...{ measured_blocks: whatever, client_limited_blocks: whatever, client_limit: whatever },
  };
}

/** The columns that assign a row to this run. */
export function proxyColumns(
  { direct, through }: ProxyRun,
  { label, target }: ProxyRecord,
): Readonly<Record<string, unknown>> {
  const proxy = label === null ? undefined : through.get(label);
  if (proxy === undefined) return { label: [...through.keys()].join(", ") };
  return { model: (target === "direct" ? direct : proxy).model };
}

/** In how many blocks the client was, or may have been, the limit, and why in the first of them. */
function bottlenecks(blocks: readonly MeasuredBlock[]) {
  const reasons = blocks.flatMap(({ client }) => client.bottleneck ?? []);
  return {
    measured_blocks: blocks.length,
    client_limited_blocks: reasons.length,
    client_limit: reasons[0] ?? null,
  };
}

/** CPU seconds per second in the busiest block of each target and mode. */
function busiest(
  blocks: readonly MeasuredBlock[],
  cpuOf: (block: MeasuredBlock) => number | null,
): Readonly<Record<string, number>> {
  const most: Record<string, number> = {};
  for (const block of blocks) {
    const cpu = cpuOf(block);
    const name = `${block.target} ${block.mode}`;
    if (cpu !== null) most[name] = Math.max(most[name] ?? 0, cpu);
  }
  return most;
}
