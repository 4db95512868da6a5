import { hearing, type Server } from "../../client/server.js";
import { OptionError } from "../../domain/errors/errors.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import type { CacheControl, CacheState } from "../../domain/records/words.js";
import { nonceLine } from "../../prompts/filler.js";
import type { Random } from "../../stats/random.js";
import { type FlushMethod, flushCache } from "./flush.js";
import { measureTtft, warmUp } from "./ttft-request.js";

/** The original's experiment: one request about a document, then `following` more, with or without a flush. */
export interface TtftRun {
  readonly server: Server;
  readonly document: string;
  readonly contextTokens: number;
  readonly prompt: string;
  readonly following: number;
  readonly flush: FlushMethod | null;
  readonly maxTokens: number;
  readonly warmUps: number;
  /** Idle time between two following requests; 5 in the original. */
  readonly gapSeconds: number;
  readonly random: Random;
  readonly record: (record: TtftRecord) => void;
  readonly observer: TtftRunObserver;
  readonly sleep: (seconds: number) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** Called as the run progresses, for a console. */
export interface TtftRunObserver {
  runStarts(run_index: number, title: string): void;
  firstToken(): void;
  text(text: string): void;
  runEnds(record: TtftRecord): void;
  flushed(how: string): void;
  /** `why` is null if no flush was asked for. */
  notFlushed(why: string | null): void;
}

/**
 * Runs the experiment, one record per request. A failed first request ends the run, because nothing after it would be warm.
 *
 * If no field is known to keep a request from the cache, the document gets a first line of its own, so that it was never sent
 * before. A failed flush does not end the run: what follows is then warm, and `cache_control` is `none`.
 *
 * Source: LMCache `examples/online_session/openai_chat_completion_client.py`.
 */
export async function runTtft(run: TtftRun): Promise<void> {
  const { observer, following } = run;
  const server = hearing(run.server, run.signal);
  const { templateTokens, next, keepsApart } = await warmUp(
    server,
    run.random,
    run.prompt,
    run.warmUps,
    run.signal,
  );
  const { blockTokens } = await server.recognise();
  const setting = {
    ...{ server, label: null, templateTokens, blockTokens },
    ...{ maxTokens: run.maxTokens, signal: run.signal },
  };

  // The server may have seen this document before.
  const document = keepsApart ? run.document : nonceLine(run.random.fork("first line")) + run.document;
  const contextTokens = keepsApart ? run.contextTokens : await server.tokens.count(document);
  let fields = next();
  let flushedBy: CacheControl = "none";
  const measure = async (
    run_index: number,
    title: string,
    cache_state: CacheState,
    cache_control: CacheControl,
  ) => {
    const isFirst = cache_state === "cold" || (cache_state === "flushed" && flushedBy === fields.control);
    observer.runStarts(run_index, title);
    const record = await measureTtft(setting, {
      run_index,
      trial: null,
      document,
      context_tokens: contextTokens,
      context_target: null,
      prompt: run.prompt,
      prompt_kind: null,
      cache_state,
      cache_control,
      body: isFirst ? fields.first : fields.repeat,
      onFirstToken: () => observer.firstToken(),
      onText: (text) => observer.text(text),
    });
    run.record(record);
    observer.runEnds(record);
    return record;
  };

  const first = await measure(1, "baseline TTFT", "cold", fields.control);
  if (first.outcome !== "ok" || following === 0) return;

  if (run.flush === null) observer.notFlushed(null);
  else {
    const flush = await flushCache(server, run.flush, next, run.random, run.signal);
    flushedBy = flush.by;
    if ("fields" in flush) fields = flush.fields;
    if (flush.by === "none") observer.notFlushed(flush.how);
    else observer.flushed(flush.how);
  }
  const flushed = flushedBy !== "none";
  for (let run_index = 2; run_index < 2 + following; run_index++) {
    if (run_index > 2) await run.sleep(run.gapSeconds);
    // Only the first request after the flush finds an empty cache; it fills the cache for the next ones.
    const isAfter = run_index === 2 && run.flush !== null;
    await measure(
      run_index,
      !flushed ? "TTFT continued" : isAfter ? "TTFT post-flush" : "TTFT warm, after the flush",
      isAfter && flushed ? "flushed" : "warm",
      isAfter ? flushedBy : "repeat",
    );
  }
}

/** Below this, a given context is used unchanged if the server does not report its limit. */
const SMALL_CONTEXT_TOKENS = 4_096;

/**
 * How many tokens a context may have: at most what was asked for, and `marginTokens` below the model's limit.
 *
 * If the server does not report a limit, `maxTokens` is taken as the limit when it is above 4,096; a smaller value is meant
 * as the length of the context itself.
 *
 * @throws OptionError if the limit leaves no room besides the margin.
 * @example contextBudget({ maxTokens: 131_072, limit: 32_768, marginTokens: 2_048 }) // 30720
 */
export function contextBudget(asked: {
  readonly maxTokens: number;
  readonly limit: number | null;
  readonly marginTokens: number;
}): number {
  const { maxTokens, limit, marginTokens } = asked;
  if (limit === null) return maxTokens > SMALL_CONTEXT_TOKENS ? maxTokens - marginTokens : maxTokens;
  if (limit <= marginTokens) {
    throw new OptionError(
      "safety_margin",
      `must be below the model's limit of ${limit} tokens, so that a context fits too`,
      marginTokens,
    );
  }
  return Math.min(maxTokens, limit - marginTokens);
}
