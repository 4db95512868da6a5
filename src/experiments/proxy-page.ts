import { writeMetadata } from "../logs/run-metadata.js";
import type { ResolvedTarget } from "./load-target.js";
import type { CheckedProxyOptions, MeasuredBlock } from "./proxy-options.js";

/** Writes the page about a proxy run beside its log: at the start, and again with what is known at the end. */
export function writeProxyPage(
  checked: CheckedProxyOptions,
  direct: ResolvedTarget,
  through: ReadonlyMap<string, ResolvedTarget>,
  blocks: readonly MeasuredBlock[],
): void {
  const { log, seed, signal, onBlock, onProgress, resume, overwrite, about, ...options } = checked;
  writeMetadata(log, {
    server: direct.url,
    model: direct.model,
    seed,
    options: {
      ...options,
      direct: direct.url,
      through: Object.fromEntries([...through].map(([label, { url, model }]) => [label, { url, model }])),
      ...about,
      client_load: busiest(blocks, ({ client }) => client.cpu),
      provider_load: busiest(blocks, ({ provider }) => provider?.cpu ?? null),
      client_bottlenecks: [...new Set(blocks.flatMap(({ client }) => client.bottleneck ?? []))],
    },
    started_at: new Date().toISOString(),
  });
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
