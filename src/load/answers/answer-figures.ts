import { type CacheTiers, cacheTiers } from "../../client/event/cache-tiers.js";
import { readTokens, type TokenReport } from "../../client/event/server-figures.js";
import { believedTimings, prefillSeconds, timingSeconds } from "../../client/event/server-times.js";
import { promptDetail, promptShare } from "../../client/event/told-count.js";
import type { JsonObject } from "../../domain/json.js";

/** What an answer says about its own tokens and times. */
export interface Counted {
  readonly usage: JsonObject | null;
  readonly timings: JsonObject | null;
  readonly hasToken: boolean;
}

/** The same under the keys of records; null for missing values. */
export interface AnswerFigures extends TokenReport, CacheTiers {
  readonly recomputed_tokens: number | null;
  readonly recomputed_ratio: number | null;
  readonly server_queue_seconds: number | null;
  readonly server_prefill_seconds: number | null;
  readonly load_seconds: number | null;
}

/** Reads the figures of an answer, given the size of its request and its total duration. */
export function answerFigures(
  { usage, timings: told, hasToken }: Counted,
  sentBytes: number,
  wholeSeconds: number,
): AnswerFigures {
  const { timings, doubt } = believedTimings(told, wholeSeconds);
  const tokens = readTokens(usage, timings, hasToken, sentBytes);
  const times = { timings };
  return {
    ...tokens,
    doubt: [tokens.doubt, doubt].filter((part) => part !== null).join(" ") || null,
    ...cacheTiers(usage, tokens.cached_tokens),
    recomputed_tokens: promptDetail(usage, "recomputed_tokens"),
    recomputed_ratio: promptShare(usage, "recomputed_ratio"),
    server_queue_seconds: timingSeconds(times, "queue_ms"),
    server_prefill_seconds: prefillSeconds(times),
    load_seconds: timingSeconds(times, "load_ms"),
  };
}

const NOTHING_SAID: AnswerFigures = answerFigures({ usage: null, timings: null, hasToken: false }, 0, 0);

/** The same for one answer after another; in a load of one request, most say the same, or nothing. */
export class FiguresReader {
  #usage: JsonObject | null = null;
  #hasToken = false;
  #sentBytes = 0;
  #figures = NOTHING_SAID;

  read(counted: Counted, sentBytes: number, wholeSeconds: number): AnswerFigures {
    const { usage, timings, hasToken } = counted;
    if (usage === null && timings === null) return NOTHING_SAID;
    if (timings !== null) return answerFigures(counted, sentBytes, wholeSeconds);
    const isSame = usage === this.#usage && hasToken === this.#hasToken && sentBytes === this.#sentBytes;
    if (!isSame) {
      this.#figures = answerFigures(counted, sentBytes, wholeSeconds);
      this.#usage = usage;
      this.#hasToken = hasToken;
      this.#sentBytes = sentBytes;
    }
    return this.#figures;
  }
}
