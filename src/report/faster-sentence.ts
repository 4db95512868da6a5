import type { Estimate } from "../stats/interval.js";
import { formatInterval, formatNumber } from "../tables/format.js";

/**
 * What a speed-up says, with its interval; "no difference" only ever means that none is shown.
 *
 * @param what is faster, such as "CacheBlend 15% at 8,192 tokens".
 * @param than what it is compared with.
 * @example fasterSentence("vLLM, warm", "cold", { estimate: 9.8, low: 9.1, high: 10.4 })
 * // "vLLM, warm: first token 9.80 [9.10, 10.4] times sooner than cold."
 */
export function fasterSentence(what: string, than: string, speedup: Estimate): string[] {
  if (speedup.estimate === null) return [];
  if (!("low" in speedup)) {
    const { estimate } = speedup;
    const factor = formatNumber(estimate < 1 ? 1 / estimate : estimate);
    return [
      `${what}: first token ${factor} times ${estimate < 1 ? "later" : "sooner"} than ${than}, without an interval.`,
    ];
  }
  const { estimate, low, high } = speedup;
  if (low > 1) return [`${what}: first token ${formatInterval(speedup)} times sooner than ${than}.`];
  if (high < 1) {
    const later = { estimate: 1 / estimate, low: 1 / high, high: 1 / low };
    return [`${what}: first token ${formatInterval(later)} times later than ${than}.`];
  }
  return [`${what}: no difference from ${than} is shown (× ${formatInterval(speedup)}).`];
}
