import type { ProxyRecord } from "../../domain/records/record-kinds.js";
import type { RunFacts } from "../../logs/files/manifest.js";
import { type MayDiffer, whatever } from "../../logs/same-run.js";
import { isOnThisMachine } from "../experiment-log.js";
import type { ResolvedTarget } from "../load-target.js";
import type { CheckedProxyOptions, MeasuredBlock } from "./proxy-options.js";

/** A run's servers: what runs at each as far as it tells, and when the run began. */
export interface ProxyRun {
  readonly direct: ResolvedTarget;
  readonly through: ReadonlyMap<string, ResolvedTarget>;
  readonly software: ReadonlyMap<ResolvedTarget, string | null>;
  /** The body's further fields as they were sent: without those that some target refuses. */
  readonly sent: Readonly<Record<string, unknown>>;
  /** ISO 8601. */
  readonly started_at: string;
}

/** What the manifest beside a proxy log says of a run: at the start, and again with what is known later. */
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
      // What was not given is written too, so that a run that gives it is seen to be another.
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
 * What a resumed proxy run may have otherwise: further repetitions and loads, which the rows tell apart, the time limit,
 * and what is measured only. A mock provider, and a proxy that is started for the run, may listen on another port.
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

/** The columns by which a row is one of this run. */
export function proxyColumns(
  { direct, through }: ProxyRun,
  { label, target }: ProxyRecord,
): Readonly<Record<string, unknown>> {
  const proxy = label === null ? undefined : through.get(label);
  if (proxy === undefined) return { label: [...through.keys()].join(", ") };
  return { model: (target === "direct" ? direct : proxy).model };
}

/** In how many blocks the client set the pace, or may have, and why it did in the first of them. */
function bottlenecks(blocks: readonly MeasuredBlock[]) {
  const reasons = blocks.flatMap(({ client }) => client.bottleneck ?? []);
  return {
    measured_blocks: blocks.length,
    client_limited_blocks: reasons.length,
    client_limit: reasons[0] ?? null,
  };
}

/** CPU seconds a second in the busiest block of each target and mode. */
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
