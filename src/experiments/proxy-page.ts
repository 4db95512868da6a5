import { writeMetadata } from "../logs/run-metadata.js";
import type { ResolvedTarget } from "./load-target.js";
import type { CheckedProxyOptions, MeasuredBlock } from "./proxy-options.js";

/** A run's servers: what runs at each as far as it tells, and when the run began. */
export interface ProxyRun {
  readonly direct: ResolvedTarget;
  readonly through: ReadonlyMap<string, ResolvedTarget>;
  readonly software: ReadonlyMap<ResolvedTarget, string | null>;
  /** ISO 8601. */
  readonly started_at: string;
}

/** Writes the page about a proxy run beside its log: at the start, and again with what is known at the end. */
export function writeProxyPage(
  checked: CheckedProxyOptions,
  { direct, through, software, started_at }: ProxyRun,
  blocks: readonly MeasuredBlock[],
): void {
  const { log, seed, signal, onBlock, onProgress, resume, overwrite, about, ...options } = checked;
  writeMetadata(log, {
    server: direct.url,
    server_software: software.get(direct) ?? null,
    model: direct.model,
    seed,
    options: {
      ...options,
      direct: direct.url,
      through: Object.fromEntries(
        [...through].map(([label, target]) => [
          label,
          { url: target.url, model: target.model, software: software.get(target) ?? null },
        ]),
      ),
      ...about,
      client_load: busiest(blocks, ({ client }) => client.cpu),
      provider_load: busiest(blocks, ({ provider }) => provider?.cpu ?? null),
      ...bottlenecks(blocks),
    },
    started_at,
  });
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
