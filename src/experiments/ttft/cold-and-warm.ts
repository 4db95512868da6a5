import { hearing, type Server } from "../../client/server.js";
import type { OnProgress } from "../../domain/progress.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import type { CacheState } from "../../domain/records/words.js";
import { blockTokensOf } from "../../methods/request/block-tokens.js";
import { filler, fillerText } from "../../prompts/filler.js";
import type { Random } from "../../stats/random.js";
import { correctCounter } from "../correct-counter.js";
import { measuredCosts } from "../measured-costs.js";
import { stopAfterFailures } from "../stop-after-failures.js";
import { tooShortFor } from "../too-short.js";
import { measureTtft, warmUp } from "./ttft-request.js";

/** One cell of the experiment: a context length and the question asked after it. */
export interface Cell {
  readonly context_target: number;
  readonly prompt: string;
  readonly prompt_kind: string | null;
}

/** One measurement of a cell, with a new document, cold and then warm. */
export interface Trial extends Cell {
  /** From 1. */
  readonly trial: number;
}

/** Trials to measure one after the other. */
export interface ColdAndWarm {
  readonly server: Server;
  readonly trials: readonly Trial[];
  readonly maxTokens: number;
  readonly warmUps: number;
  readonly label: string | null;
  /** Determines the documents; must be new in every run, or yesterday's cache makes today's cold run warm. */
  readonly documents: Random;
  /** The records that a resumed log contains already. */
  readonly earlier: readonly TtftRecord[];
  readonly record: (record: TtftRecord) => void;
  readonly onTrial?: OnProgress | undefined;
  readonly onNote?: ((note: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Measures all trials and hands over each request's record as soon as it is complete.
 *
 * Every document is new, so a cold request is cold by its text alone. If the server honours a field that keeps a request from
 * the cache, the cold request carries it too, and its warm repeat carries what finds it. Successful records of an earlier run
 * are not measured again.
 *
 * @throws ServerError if the warm-up or three requests in a row fail; the signal's reason if aborted.
 */
export async function measureColdAndWarm(experiment: ColdAndWarm): Promise<void> {
  const { documents, trials, signal } = experiment;
  const [first] = trials;
  if (first === undefined) return;
  const server = hearing(experiment.server, signal);
  if (experiment.warmUps > 0) {
    const words = documents.fork("tokens");
    await correctCounter(server, (characters) => fillerText(words, characters), signal);
  }
  const { templateTokens, aroundTokens, next } = await warmUp(
    server,
    documents,
    first.prompt,
    experiment.warmUps,
    signal,
  );
  const blockTokens = await blockTokensOf(server);
  const lengths = [...new Set(trials.map(({ context_target }) => context_target))].map((context_target) => ({
    tokens: context_target,
    servedTokens: context_target + aroundTokens,
    sharedTokens: templateTokens,
  }));
  for (const note of tooShortFor(lengths, blockTokens)) experiment.onNote?.(note);
  const setting = { ...experiment, server, templateTokens, blockTokens };
  const stopIfFailing = stopAfterFailures(server.url);
  const record = (measured: TtftRecord) => {
    experiment.record(measured);
    stopIfFailing(measured);
  };
  const isRecorded = (trial: (typeof trials)[number]): boolean =>
    recordedStates(experiment.earlier, trial).size === 2;
  const sizes = trials.map((trial) => (isRecorded(trial) ? 0 : trial.context_target));
  const reached = measuredCosts(sizes, experiment.onTrial);
  for (const [done, trial] of trials.entries()) {
    reached(done);
    const recorded = recordedStates(experiment.earlier, trial);
    if (recorded.has("cold") && recorded.has("warm")) continue;

    const stream = documents.fork(`${trial.prompt_kind} ${trial.context_target} ${trial.trial}`);
    const document = await filler(stream, server.tokens, trial.context_target);
    const request = { ...trial, document, context_tokens: await server.tokens.count(document) };

    const { control, first: body, repeat } = next();
    const cold = await measureTtft(setting, {
      ...request,
      run_index: 1,
      cache_state: "cold",
      cache_control: control,
      body,
    });
    // If a resumed trial's cold half is on record, its prompt is served once more, only to make the warm half warm.
    if (!recorded.has("cold")) record(cold);
    if (cold.outcome !== "ok" || recorded.has("warm")) continue;
    record(
      await measureTtft(setting, {
        ...request,
        run_index: 2,
        cache_state: "warm",
        cache_control: "repeat",
        body: repeat,
      }),
    );
  }
  reached(trials.length);
}

/**
 * All trials of some cells: round by round, and within a round in random order, so that a drifting server affects all cells
 * alike.
 */
export function trialsOf(cells: readonly Cell[], runs: number, order: Random): readonly Trial[] {
  return Array.from({ length: runs }, (_, index) =>
    order.shuffle(cells).map((cell) => ({ ...cell, trial: index + 1 })),
  ).flat();
}

/** The states of one trial with a successful earlier record; a failed request is tried again. */
function recordedStates(earlier: readonly TtftRecord[], trial: Trial): ReadonlySet<CacheState> {
  const same = earlier.filter(
    (record) =>
      record.outcome === "ok" &&
      record.trial === trial.trial &&
      record.context_target === trial.context_target &&
      record.prompt_kind === trial.prompt_kind,
  );
  return new Set(same.flatMap((record) => record.cache_state ?? []));
}
