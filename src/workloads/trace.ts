import { createHash } from "node:crypto";
import { basename } from "node:path";
import { z } from "zod";
import { checkOptions, wholeNumber } from "../domain/errors/options.js";
import type { TokenBudget } from "../domain/records/token-count.js";
import type { Random } from "../stats/random.js";
import { anothersPrompt, compose, NOTHING, namedTexts, ownPrompt } from "./pieces.js";
import { NO_NAMES } from "./request-fields.js";
import { BLOCK_TOKENS, readTrace, type TraceRow } from "./trace-rows.js";
import type { Workload } from "./workload.js";

/** Options for replaying a trace. */
export interface TraceOptions {
  /**
   * Seconds of the run per second of the trace: 0.5 is twice as fast. Given, the load has no other levels (`ratesPerSecond`,
   * `concurrency`); left out, they decide, and where there are none, the trace's own times.
   */
  readonly timeScale?: number;
  /** Tokens of the run per token of the trace, for prompts, blocks and answers alike; default 1. */
  readonly lengthScale?: number;
  /** Maximum number of requests, from the first of the trace; default all. */
  readonly requests?: number;
}

const scale = z.number("must be a number above 0").gt(0, "must be above 0");
const schema = z.strictObject({
  timeScale: scale.optional(),
  lengthScale: scale.default(1),
  requests: wholeNumber(1).optional(),
});

/**
 * The requests of a trace, at its own times: Mooncake's, whose `hash_ids` say which blocks of 512 tokens prompts share, or
 * BurstGPT's, whose prompts share nothing. Texts are generated with the lengths in the trace.
 *
 * After its last request the trace begins again, with new texts. Requests that failed according to BurstGPT are left out, and
 * counted in `settings.failed`.
 *
 * @param path Mooncake's JSONL or BurstGPT's CSV, gzipped or not.
 * @throws `datasets.DatasetError` for a file that can't be read, and for a line that is not a request, goes back in time or
 * has a number of `hash_ids` that does not fit its length; OptionError for a wrong option.
 * @example
 * const chats = await workloads.trace("conversation_trace.jsonl", { timeScale: 0.5, lengthScale: 0.1 });
 * chats.settings.requests // 12031
 */
export async function trace(path: string, options: TraceOptions = {}): Promise<Workload> {
  const { timeScale: asked, lengthScale, requests: most } = checkOptions(schema, options);
  const timeScale = asked ?? 1;
  const { format, rows: all, failed, text } = await readTrace(path);
  const rows = all.slice(0, most);
  const named = namedTexts();
  const startOf = startsOf(rows);
  const scaled = (tokens: number) => Math.max(1, Math.round(tokens * lengthScale));

  const promptOf = async (
    tokens: TokenBudget,
    texts: Random,
    { inputTokens, blocks }: TraceRow,
    number: number,
  ) => {
    if (blocks === null) return ownPrompt(texts.fork(`request ${number}`), tokens, scaled(inputTokens));
    const pieces = [];
    for (const [index, block] of blocks.entries()) {
      const length = Math.min(BLOCK_TOKENS, inputTokens - index * BLOCK_TOKENS);
      // A shorter block of the same name is another text: its beginning would be found in a cache, but in no plan.
      pieces.push(await named(tokens, texts, `block ${block} of ${length}`, scaled(length)));
    }
    return compose(tokens, { text: "", tokens: 0 }, pieces.slice(0, -1), pieces.at(-1)!);
  };
  return {
    kind: "trace",
    settings: {
      ...{ format, file: basename(path), sha256: createHash("sha256").update(text).digest("hex") },
      ...{ requests: rows.length, failed, timeScale, lengthScale },
    },
    ownRatePerSecond: meanRate(rows) / timeScale,
    keepsOwnTimes: asked !== undefined,
    documents: async () => [],
    async requests(tokens, { texts, count, before, isSent = () => true }) {
      const turnOf = turnsOf(rows);
      const requests = [];
      for (let index = before; index < before + count; index++) {
        const row = rows[index % rows.length]!;
        const pass = Math.floor(index / rows.length);
        requests.push({
          ...(row.blocks === null && !isSent(index - before)
            ? anothersPrompt(NOTHING, [])
            : await promptOf(tokens, texts.fork(`pass ${pass}`), row, (index % rows.length) + 1)),
          ...NO_NAMES,
          session: row.session,
          turn: turnOf(index % rows.length),
          startsAtSeconds: (startOf(index) - startOf(before)) * timeScale,
          maxTokens: scaled(row.outputTokens),
        });
      }
      return requests;
    },
  };
}

/** When each request comes, in the trace's seconds; a pass begins a mean gap after the end of the previous one. */
function startsOf(rows: readonly TraceRow[]): (index: number) => number {
  const first = rows[0]!.atSeconds;
  const span = rows.at(-1)!.atSeconds - first;
  const gap = rows.length > 1 ? span / (rows.length - 1) : 1;
  return (index) =>
    rows[index % rows.length]!.atSeconds - first + Math.floor(index / rows.length) * (span + gap);
}

/** How many come in a second of the trace; of a single request, which has no gap, one. */
function meanRate(rows: readonly TraceRow[]): number {
  const gaps = rows.length - 1;
  return gaps === 0 ? 1 : gaps / (rows.at(-1)!.atSeconds - rows[0]!.atSeconds);
}

/** The position of each request in its conversation, from 1; null if it is in none. */
function turnsOf(rows: readonly TraceRow[]): (index: number) => number | null {
  const turns = new Map<string, number>();
  const places = rows.map(({ session }) => {
    if (session === null) return null;
    const turn = (turns.get(session) ?? 0) + 1;
    turns.set(session, turn);
    return turn;
  });
  return (index) => places[index]!;
}
