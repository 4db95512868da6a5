import { randomUUID } from "node:crypto";
import pLimit from "p-limit";
import { z } from "zod";
import { refusalBehind } from "../../client/server/context-limit.js";
import type { ContextRefusal } from "../../client/server/facts.js";
import { OptionError } from "../../domain/errors/errors.js";
import { checkOptions, mapOf } from "../../domain/errors/options.js";
import { largest } from "../../domain/extremes.js";
import { qualityCell } from "../../domain/records/cells.js";
import { type ChunkedPrompt, contextOf } from "../../domain/records/chunked-prompt.js";
import { datasetFiles } from "../../domain/records/dataset-name.js";
import type { Example } from "../../domain/records/example.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";
import type { TokenCounter } from "../../domain/records/token-count.js";
import { WORDINGS, type Wording } from "../../domain/records/words.js";
import { parseQualityRecord } from "../../logs/records/record-lines.js";
import { whatever } from "../../logs/same-run.js";
import type { Method } from "../../methods/request/method.js";
import { METRIC_NAMES, type MetricName } from "../../metrics/scorers.js";
import { ANSWER_TAG, answerInTag, askInTag, TAGGED_OUTPUT_TOKENS } from "../../prompts/answer-tag.js";
import { sampleText } from "../../prompts/filler.js";
import { cutByOf, type FittedPrompt } from "../../prompts/fit-prompt.js";
import { answerOf, metricOf, outputTokensOf, qualityPrompt, stopOf } from "../../prompts/quality-prompt.js";
import { random } from "../../stats/random.js";
import { correctCounter } from "../correct-counter.js";
import { type LogOptions, logFields, openExperimentLog, requireLog } from "../experiment-log.js";
import { withLogOnS3 } from "../log-on-s3.js";
import { measuredCosts } from "../measured-costs.js";
import { callback, firstTokenField, runFields, wholeNumber } from "../option-fields.js";
import { cellsOfShard, logOfShard, type Shard, shardField } from "../run-plan.js";
import { stopAfterFailures } from "../stop-after-failures.js";
import { answeredExamples, beginAlike, examplesFingerprint } from "./asked-examples.js";
import { contextFit, TOO_LONG, type TooLong } from "./context-fit.js";
import { firstLines } from "./first-lines.js";
import { forcedAnswers } from "./forced-answers.js";
import { askUntilStop, leftOutColumns } from "./method-request.js";
import { columnsOf, describeJoining, describeMethods, type Methods, methodsField } from "./methods-option.js";
import { chooseFormat, FORMATS, type FormatChoice } from "./prompt-format.js";
import { promptTokens } from "./prompt-tokens.js";
import { requireTokenIds, scoreAnswer } from "./score-answer.js";

/** Options of a quality run. */
export type QualityOptions<L extends string = string> = LogOptions & {
  /** The examples, from `datasets.load`. */
  readonly dataset: readonly Example[];
  /** The methods by the labels they are compared under, from `methods`. */
  readonly methods: Methods<L>;
  /** Number of examples, from the first; default all. */
  readonly samples?: number;
  /**
   * Default the task's: `token_f1` for questions, `string_match` for `needle`, `rougeL` for summaries; `set_f1` and
   * `rougeL_stemmed` with the wording `bare`. `cacheblend_f1` needs a server that gives token ids.
   */
  readonly metric?: MetricName;
  /** The prompt template; default `plain`. */
  readonly wording?: Wording;
  /**
   * How every method's prompts are sent. `chat`: as one user message in the model's template; `completions`: bare; `auto`
   * (default): as a chat if every server has a template and the methods' chunks can be kept apart in it. Wordings whose
   * authors send bare prompts (`cacheblend`, `bare`, LongBench's dialogues) stay bare.
   */
  readonly format?: FormatChoice;
  /**
   * The tag in which answers are asked for and scored, for models that think first: `answer` for `<answer>…</answer>`. An
   * answer without the tag is scored as empty, and the table says how many had it. Default none: the whole answer is scored.
   */
  readonly answerTag?: string;
  /**
   * Maximum tokens of an answer; default 1024 with `answerTag`, 100 with the wording `bare`, otherwise 32 for questions, 128
   * for questions about stories and for dialogues, 512 for news.
   */
  readonly maxTokens?: number;
  /**
   * What to do with a prompt longer than the smallest of the servers' contexts. `cut` (default): cut as the wording's authors
   * do, tokens from the middle (`longbench`) or whole chunks from the middle (the others); the question stays. `skip`: the
   * example is left out, with the reason in its record.
   */
  readonly tooLong?: TooLong;
  /**
   * Which token counts as the first in tables of this run: content (the default) or any. It is noted in the manifest; records
   * have both.
   */
  readonly firstToken?: FirstToken;
  /**
   * Whether each method is also forced through full prefill's answer and the reference answer, in additional requests:
   * `kl_nats`, `top1_agreement` and `reference_nll` of the records. Needs full prefill among the methods; default false.
   */
  readonly divergence?: boolean;
  /** Concurrent examples; default 1, the only number at which TTFT means anything. */
  readonly concurrency?: number;
  /** Seed for the order of methods within an example; default 1. */
  readonly seed?: number | string;
  /** Additional facts for the manifest beside the log; default none. */
  readonly about?: Readonly<Record<string, unknown>>;
  /** Called with every record once it is on disk. */
  readonly onRecord?: (record: QualityRecord) => void;
  /** Called after every example with the number done, of all examples, and the seconds left. */
  readonly onProgress?: (done: number, all: number, secondsLeft?: number | null) => void;
  /** Which part of the examples to ask, where several processes share a run; default all of them. */
  readonly shard?: Shard;
  /** Stops the run when it aborts; what was measured is in the log. */
  readonly signal?: AbortSignal;
};

const schema = z.strictObject({
  ...logFields,
  dataset: z.custom<readonly Example[]>(
    (value) => Array.isArray(value) && value.length > 0,
    "must be a list of at least one example, from datasets.load",
  ),
  methods: methodsField,
  samples: wholeNumber(1).optional(),
  metric: z.enum(METRIC_NAMES, `must be one of ${METRIC_NAMES.join(", ")}`).optional(),
  wording: z.enum(WORDINGS, `must be one of ${WORDINGS.join(", ")}`).default("plain"),
  format: z.enum(FORMATS, `must be one of ${FORMATS.join(", ")}`).default("auto"),
  maxTokens: wholeNumber(1).optional(),
  answerTag: z.string().regex(ANSWER_TAG, "must be a name of letters, digits, - and _").optional(),
  tooLong: z.enum(TOO_LONG, `must be one of ${TOO_LONG.join(", ")}`).default("cut"),
  divergence: z.boolean("must be true or false").default(false),
  concurrency: wholeNumber(1).default(1),
  about: mapOf(z.unknown(), "must be an object").default({}),
  firstToken: firstTokenField,
  shard: shardField,
  onRecord: callback<(record: QualityRecord) => void>().optional(),
  ...runFields,
});

/**
 * Has every method answer every example, scores the answers, and returns the log's rows, earlier ones first.
 *
 * All methods answer an example before the next one begins, in seeded random order, so that they can be compared in pairs. A
 * failed request has no score, which is not a score of 0. All methods get the same prompt, even if it is cut to the smallest
 * of the servers' contexts.
 *
 * A dataset's prompts may have been served before, by another method or another run. If one of the servers has no field that
 * keeps a request apart from that, every request of every method begins with a line of its own (`prompt_nonce` in the
 * manifest beside the log), so that all ask the same and none finds what another has left.
 *
 * @throws OptionError (also for a metric of token ids if a server gives none), LogError, and MethodRefused if a server can't
 * do what a method needs; ServerError after three failed requests in a row. What was measured stays in the log.
 * @example
 * const rows = await quality.run({
 *   dataset: await datasets.load("2wikimqa"),
 *   methods: { "Full prefill": methods.fullPrefill(server), "CacheBlend 15%": methods.cacheBlend(server) },
 *   log: "quality.jsonl",
 * });
 * rows[0].score // 0.8
 */
export async function measureQuality<L extends string>(
  options: QualityOptions<L>,
): Promise<readonly QualityRecord[]> {
  return withLogOnS3(checkOptions(schema, options), measureAnswers);
}

async function measureAnswers({
  dataset,
  methods,
  samples,
  wording,
  format: asked,
  tooLong,
  concurrency,
  seed,
  shard,
  signal,
  ...rest
}: z.output<typeof schema>): Promise<readonly QualityRecord[]> {
  const examples = dataset.slice(0, samples);
  requireDistinct(examples);
  const logOptions = logOfShard(rest, shard);
  requireLog(logOptions);
  const labels = Object.keys(methods);
  const order = random(seed);
  if (rest.metric !== undefined) {
    await requireTokenIds(
      rest.metric,
      Object.values(methods).map(({ server }) => server),
    );
  }

  const format = await chooseFormat(
    asked,
    Object.values(methods),
    { wording, tasks: examples.map(({ task }) => task) },
    signal,
  );
  const tokens = await promptTokens(methods, format);
  const prompt_nonce = (await needsFirstLine(Object.values(methods))) ? randomUUID() : null;
  const firstLine = prompt_nonce === null ? null : firstLines(random(prompt_nonce), tokens);
  const servers = Object.values(methods).map(({ server }) => server);
  const { answerTag: tag } = rest;
  const maxTokensOf = ({ task }: Example) =>
    rest.maxTokens ?? (tag === undefined ? outputTokensOf(task, wording) : TAGGED_OUTPUT_TOKENS);
  const forcing = rest.divergence ? forcedAnswers({ methods, tokens, firstLine, signal }) : null;
  /** A forced answer is followed by one token of the server's own. */
  const roomFor = (example: Example) => maxTokensOf(example) + (forcing === null ? 0 : 1);
  const context = await contextFit(servers, {
    format,
    by: cutByOf(wording),
    tooLong,
    hasFirstLine: firstLine !== null,
    mostTokens: largest(new Set(examples.map(roomFor))),
  });
  const passages = examples.slice(0, SAMPLED_EXAMPLES).flatMap((one) => one.passages.map(({ text }) => text));
  const places = random(randomUUID());
  for (const server of new Set(servers)) {
    await correctCounter(server, (length) => sampleText(places, passages.join("\n\n"), length), signal);
  }
  const columnsOfExample = (example: Example) => ({
    example_id: example.example_id,
    dataset: example.dataset,
    dataset_sha256: example.dataset_sha256 ?? null,
    bundled_examples: example.bundled_examples ?? null,
    ...{ wording, format, concurrency, tokenised: tokens.tokenised },
    metric: rest.metric ?? metricOf(example.task, wording),
    references: example.references,
    retrieved: example.retrieved ?? null,
  });
  const byId = new Map(examples.map((example) => [example.example_id, example]));
  const log = await openExperimentLog(logOptions, {
    servers,
    seed,
    plan: { cells: examples.map(qualityCell), shard },
    options: {
      methods: describeMethods(methods),
      joining: describeJoining(methods),
      dataset: [...new Set(examples.map((example) => example.dataset))],
      dataset_files: datasetFiles(examples),
      examples: examplesFingerprint(examples),
      ...{ samples: examples.length, wording, format, concurrency, metric: rest.metric ?? "the task's own" },
      ...{ tooLong, context_limit: context.limitTokens, tokenised: tokens.tokenised },
      firstToken: rest.firstToken,
      ...(rest.divergence && { divergence: true }),
      maxTokens: rest.maxTokens ?? "the task's own",
      answer_tag: tag ?? null,
      run: randomUUID(),
      ...rest.about,
      prompt_nonce,
    },
    // More examples of the same dataset are more of the same. Methods were once a list; the rows show them too.
    mayDiffer: {
      ...{ run: whatever, samples: whatever, cut_examples: whatever, left_out_examples: whatever },
      firstToken: whatever,
      // The same examples may be in another file by now; they are compared themselves.
      dataset_files: whatever,
      methods: (was) => Array.isArray(was),
      examples: (was) => beginAlike(was, examples),
      // The line is a new one, but there must be a line if there was one before, and none if there was none.
      prompt_nonce: (was) => ((was ?? null) === null) === (prompt_nonce === null),
    },
    expected: ({ example_id, label }) => ({
      ...columnsOf(methods, label),
      ...(rest.metric !== undefined && { metric: rest.metric }),
      references: byId.get(example_id)?.references,
    }),
    parse: parseQualityRecord,
  });
  const rows = [...log.earlier];
  const answered = answeredExamples(rows);
  const stopIfFailing = stopAfterFailures(servers[0]!.url);
  const ask = askUntilStop();

  const contextTokens = countOnce();
  const record = (row: QualityRecord): void => {
    log.append(row);
    rows.push(row);
    answered.add(row);
    rest.onRecord?.(row);
  };
  const leaveOut = (example: Example, why: string): void => {
    for (const label of labels) {
      record({
        ...columnsOfExample(example),
        label,
        ...leftOutColumns(methods[label]!, why),
        ...{ score: null, prediction: null, answer_parsed: null, left_out: true },
        ...{ context_tokens: null, context_cut_tokens: null },
      });
    }
  };

  /** Has every method answer one prompt; ends at once if a server refuses it as too long. */
  const askAll = async (example: Example, { prompt, cutTokens }: FittedPrompt): Promise<Refused | null> => {
    const request = {
      maxTokens: maxTokensOf(example),
      // Thoughts before the tag contain line breaks.
      stop: tag === undefined ? stopOf(example.task) : null,
      signal,
      tokens,
      ...(firstLine && { firstLine }),
    };
    const divergenceOf = forcing?.({
      prompt,
      reference: example.references[0] ?? "",
      mostTokens: maxTokensOf(example),
      answerOf: async (method) => {
        const { columns, text } = await ask(method, prompt, request);
        return columns.outcome === "ok" ? text : null;
      },
    });
    for (const label of order.fork(example.example_id).shuffle(labels)) {
      if (answered.has(example.example_id, label, cutTokens)) continue;
      const method = methods[label]!;
      const answer = await ask(method, prompt, request).catch(refusedPreparing);
      if ("refusal" in answer) return answer;
      const { columns, text, context_refusal, chunkTokens } = answer;
      if (context_refusal !== null) return { refusal: context_refusal, said: columns.error ?? "" };
      const fields = columnsOfExample(example);
      const isAnswered = columns.outcome === "ok";
      const tagged = tag === undefined || !isAnswered ? null : answerInTag(text, tag);
      const scored = !isAnswered ? null : answerOf(tag === undefined ? text : (tagged ?? ""), example.task);
      const score =
        scored === null ? null : await scoreAnswer(fields.metric, scored, example.references, method.server);
      const prediction = tag !== undefined && isAnswered && tagged === null ? text : scored;
      const answer_parsed = tag === undefined || !isAnswered ? null : tagged !== null;
      const divergence = columns.outcome === "ok" ? await divergenceOf?.(method) : null;
      record({
        ...fields,
        ...divergence,
        label,
        ...columns,
        ...{ score, prediction, answer_parsed, context_cut_tokens: cutTokens, left_out: false },
        context_tokens: chunkTokens ?? (await contextTokens(method.server.tokens, prompt)),
      });
      stopIfFailing(columns);
    }
    return null;
  };

  const answer = async (example: Example): Promise<void> => {
    const prompt = qualityPrompt(example, wording, format);
    const whole = tag === undefined ? prompt : askInTag(prompt, tag);
    for (let attempt = 1; ; attempt++) {
      const fitted = await context.fit(whole, roomFor(example));
      if ("leftOut" in fitted) return leaveOut(example, fitted.leftOut);
      const refused = await askAll(example, fitted);
      if (refused === null) return;
      const isLearnt = await context.learn(refused.refusal, fitted.prompt, roomFor(example));
      // Methods that already answered the longer prompt are asked again with the shorter one.
      if (!isLearnt || attempt === MOST_REFUSALS)
        return leaveOut(example, `its prompt was refused (${refused.said})`);
    }
  };

  const own = cellsOfShard(examples, shard);
  const missing = own.filter(({ example_id }) => !answered.haveAll(example_id, labels));
  let done = own.length - missing.length;
  const reached = measuredCosts(
    own.map((_, index) => (index < done ? 0 : 1)),
    rest.onProgress,
  );
  reached(done);
  let failure: unknown;
  const limit = pLimit({ concurrency, rejectOnClear: true });
  const tasks = missing.map((example) =>
    limit(async () => {
      signal?.throwIfAborted();
      await answer(example);
      reached(++done);
    }).catch((error: unknown) => {
      failure ??= error;
      limit.clearQueue();
    }),
  );
  // Requests in flight may still be recorded, so the log is closed only when all have ended.
  await Promise.all(tasks);
  if (rows.length > log.earlier.length) log.addToManifest(answered.counts());
  log.close();
  if (failure !== undefined) throw failure;
  return rows;
}

/** A prompt longer than a server's context, in the server's words. */
interface Refused {
  readonly refusal: ContextRefusal;
  readonly said: string;
}

/** Each refusal reveals a little; a server that still refuses is believed. */
const MOST_REFUSALS = 4;

/** A method that could not store a prompt because it is too long counts as refused; every other error is thrown. */
function refusedPreparing(error: unknown): Refused {
  const refusal = refusalBehind(error);
  if (refusal === null) throw error;
  return { refusal, said: (error as Error).message };
}

/** Enough to show how many characters a token of the dataset has. */
const SAMPLED_EXAMPLES = 20;

/** Counts a prompt's context once per counter, which methods share. */
function countOnce(): (tokens: TokenCounter, prompt: ChunkedPrompt) => Promise<number | null> {
  const counted = new WeakMap<ChunkedPrompt, Map<TokenCounter, Promise<number | null>>>();
  return (tokens, prompt) => {
    const own = counted.get(prompt) ?? new Map<TokenCounter, Promise<number | null>>();
    counted.set(prompt, own);
    // If a server answers but can't count, the record has no length, and the run continues.
    const count = own.get(tokens) ?? tokens.count(contextOf(prompt)).catch(() => null);
    own.set(tokens, count);
    return count;
  };
}

/** Whether a method would find what others left in the cache, unless its prompts begin with a line of their own. */
async function needsFirstLine(methods: readonly Method[]): Promise<boolean> {
  const apart = await Promise.all(methods.map((method) => method.keepsApart()));
  return apart.includes(false);
}

/** Records are identified by their example's id, also when resuming. */
function requireDistinct(examples: readonly Example[]): void {
  const ids = new Set<string>();
  for (const { example_id } of examples) {
    if (ids.has(example_id))
      throw new OptionError("dataset", "must not contain the same example_id twice", example_id);
    ids.add(example_id);
  }
}
