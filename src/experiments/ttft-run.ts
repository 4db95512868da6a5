import { type ColdRequest, coldRequest } from "../client/cold-request.js";
import type { Server } from "../client/server.js";
import type { CacheControl, CacheState, TtftRecord } from "../domain/ttft-record.js";
import type { Random } from "../stats/random.js";
import { type FlushMethod, flushCache } from "./flush.js";
import { measureTtft } from "./ttft-request.js";
import { warmUp } from "./warm-up.js";

/** The seed's experiment: one document asked about once, then `following` times more, with or without a flush. */
export interface TtftRun {
  readonly server: Server;
  readonly document: string;
  readonly contextTokens: number;
  readonly prompt: string;
  readonly following: number;
  readonly flush: FlushMethod | null;
  readonly maxTokens: number;
  readonly warmUps: number;
  /** Idle time between two following requests; the seed waits 5. */
  readonly gapSeconds: number;
  readonly random: Random;
  readonly record: (record: TtftRecord) => void;
  readonly observer: TtftRunObserver;
  readonly sleep: (seconds: number) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** Hears of the run as it goes, for a console. */
export interface TtftRunObserver {
  runStarts(run_index: number, title: string): void;
  firstToken(): void;
  text(text: string): void;
  runEnds(record: TtftRecord): void;
  flushed(how: string): void;
  notFlushed(): void;
}

/**
 * Runs it, one record a request. A failed first request ends the run: nothing after it would be warm.
 *
 * Source: LMCache `examples/online_session/openai_chat_completion_client.py`.
 */
export async function runTtft(run: TtftRun): Promise<void> {
  const { server, observer, following } = run;
  const { templateTokens, takesColdField } = await warmUp(
    server,
    run.random,
    run.prompt,
    run.warmUps,
    run.signal,
  );
  const setting = { server, label: null, maxTokens: run.maxTokens, templateTokens, signal: run.signal };

  // The document may be one the server has seen: only a field or a flush makes it cold.
  let fields: ColdRequest | null = takesColdField ? coldRequest((await server.recognise()).profile) : null;
  let flushedBy: CacheControl = "filler";
  const measure = async (run_index: number, title: string, cache_state: CacheState) => {
    const isFirst = cache_state === "cold" || (cache_state === "flushed" && flushedBy === fields?.control);
    const body = isFirst ? fields?.first : fields?.repeat;
    observer.runStarts(run_index, title);
    const record = await measureTtft(setting, {
      run_index,
      trial: null,
      document: run.document,
      context_tokens: run.contextTokens,
      context_target: null,
      prompt: run.prompt,
      prompt_kind: null,
      cache_state,
      cache_control:
        cache_state === "flushed"
          ? flushedBy
          : cache_state === "warm"
            ? "repeat"
            : (fields?.control ?? "none"),
      ...(body && { body }),
      onFirstToken: () => observer.firstToken(),
      onText: (text) => observer.text(text),
    });
    run.record(record);
    observer.runEnds(record);
    return record;
  };

  const first = await measure(1, "baseline TTFT", "cold");
  if (first.outcome !== "ok" || following === 0) return;

  if (run.flush === null) observer.notFlushed();
  else {
    const flush = await flushCache(server, run.flush, takesColdField, run.random, run.signal);
    flushedBy = flush.by;
    if ("fields" in flush) fields = flush.fields;
    observer.flushed(flush.how);
  }
  for (let run_index = 2; run_index < 2 + following; run_index++) {
    if (run_index > 2) await run.sleep(run.gapSeconds);
    const flushed = run.flush !== null;
    // Only the first request after the flush finds an empty cache; it fills it for those that follow.
    await measure(
      run_index,
      flushed ? "TTFT post-flush" : "TTFT continued",
      flushed && run_index === 2 ? "flushed" : "warm",
    );
  }
}
