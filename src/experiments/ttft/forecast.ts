import { hearing, type Server } from "../../client/server.js";
import { filler } from "../../prompts/filler.js";
import type { Random } from "../../stats/random.js";

/** What the prefill of a long context will take at least, judged by two short ones. */
export interface Forecast {
  readonly seconds: number;
  /** The longer of the two, and what it took. */
  readonly triedTokens: number;
  readonly triedSeconds: number;
}

/** Lengths of the two: apart enough to tell prefill from what every request costs. */
const TRIED = [512, 2_048] as const;

/**
 * Measures two short cold requests, and what a long one will take if its time grows in proportion; attention makes it longer.
 * Null if they fail, or show no growth.
 */
export async function forecastPrefill(
  asked: Server,
  tokens: number,
  random: Random,
  signal: AbortSignal,
): Promise<Forecast | null> {
  const server = hearing(asked, signal);
  const seconds: number[] = [];
  for (const length of TRIED) {
    const content = await filler(random.fork(`forecast of ${length}`), server.tokens, length);
    const { outcome, first_event_seconds, e2e_seconds } = await server.chat({
      messages: [{ role: "user", content }],
      maxTokens: 1,
      signal,
    });
    const taken = e2e_seconds ?? first_event_seconds;
    if (outcome !== "ok" || taken === null) return null;
    seconds.push(taken);
  }
  const [shorter = 0, longer = 0] = seconds;
  const perToken = (longer - shorter) / (TRIED[1] - TRIED[0]);
  if (perToken <= 0) return null;
  return {
    seconds: longer + perToken * (tokens - TRIED[1]),
    triedTokens: TRIED[1],
    triedSeconds: longer,
  };
}
