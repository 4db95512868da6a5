import { randomUUID } from "node:crypto";
import { group, least } from "d3-array";
import { z } from "zod";
import { OptionError } from "../../domain/errors/errors.js";
import { checkOptions, MOST_REPEATED } from "../../domain/errors/options.js";
import { blendCell } from "../../domain/records/cells.js";
import { contextOf, wholePrompt } from "../../domain/records/chunked-prompt.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import { METHODS } from "../../domain/records/methods.js";
import type { BlendRecord } from "../../domain/records/record-kinds.js";
import type { TokenCounter } from "../../domain/records/token-count.js";
import { parseBlendRecord } from "../../logs/records/record-lines.js";
import { whatever } from "../../logs/same-run.js";
import { blockTokensOf } from "../../methods/request/block-tokens.js";
import { chunkedFiller } from "../../prompts/chunked-filler.js";
import { fillerText } from "../../prompts/filler.js";
import { type Random, random } from "../../stats/random.js";
import { correctCounter } from "../correct-counter.js";
import { type LogOptions, logFields, openExperimentLog } from "../experiment-log.js";
import { withLogOnS3 } from "../log-on-s3.js";
import { measuredCosts } from "../measured-costs.js";
import { callback, firstTokenField, runFields, wholeNumber } from "../option-fields.js";
import { cellsOfShard, logOfShard, type Shard, shardField } from "../run-plan.js";
import { stopAfterFailures } from "../stop-after-failures.js";
import { mayBeTooShort, type ServedLength, tooShortFor } from "../too-short.js";
import { type BlendInput, blendInputs, inputFields, inputName, isOfInput } from "./blend-inputs.js";
import { measureMethod } from "./method-request.js";
import { columnsOf, describeJoining, describeMethods, type Methods, methodsField } from "./methods-option.js";
import { promptTokens } from "./prompt-tokens.js";

/** How much sooner the first token comes with each method, by input length. */
export type BlendOptions<L extends string = string> = LogOptions & {
  /** The methods by the labels they are compared under, from `methods`. */
  readonly methods: Methods<L>;
  /** Input lengths in tokens; default 512, 1024, 2048, 4096 and 8192. */
  readonly inputTokens?: readonly number[];
  /**
   * Instead of input lengths: tokens of the input for each chunk, so that more chunks make a longer input; left out, `inputTokens`
   * says how long inputs are.
   */
  readonly chunkTokens?: readonly number[];
  /** Measured requests of each method at each length; default 5. */
  readonly runs?: number;
  /** Chunks of a context, or several numbers of them, each measured at each length; default 4. */
  readonly chunks?: number | readonly number[];
  /** Output tokens asked for; default 10. */
  readonly maxTokens?: number;
  /**
   * Which token counts as the first in tables of this run: content (the default) or any. It is noted in the manifest; records
   * have both.
   */
  readonly firstToken?: FirstToken;
  /** Unrecorded requests of each method at each length, because the first blended ones are slow; default 2. */
  readonly warmUps?: number;
  /** Seed for the order of requests; default 1. */
  readonly seed?: number | string;
  /** Which part of the requests to measure, where several processes share a run; default all of them. */
  readonly shard?: Shard;
  /** Called with every record once it is on disk. */
  readonly onRecord?: (record: BlendRecord) => void;
  /** Called with the number of requests done, of all requests, and the seconds left. */
  readonly onProgress?: (done: number, all: number, secondsLeft?: number | null) => void;
  /** Called before measuring with a note on what can't be proven. */
  readonly onNote?: (note: string) => void;
  /** Stops the run when it aborts; what was measured is in the log. */
  readonly signal?: AbortSignal;
};

const schema = z.strictObject({
  ...logFields,
  methods: methodsField,
  ...inputFields,
  runs: wholeNumber(1, MOST_REPEATED).default(5),
  trials: z.never("is called runs").optional(),
  maxTokens: wholeNumber(1).default(10),
  firstToken: firstTokenField,
  warmUps: wholeNumber(0).default(2),
  shard: shardField,
  onRecord: callback<(record: BlendRecord) => void>().optional(),
  ...runFields,
});

/**
 * Measures TTFT by method and input length, and returns the log's rows, earlier ones first.
 *
 * Every request has a prompt of its own, so that no method finds what another has stored. Methods and lengths are interleaved
 * in seeded random order; warm-ups come first and are not recorded.
 *
 * @throws OptionError, LogError, and MethodRefused if a server can't do what a method needs; ServerError after three failed
 * requests in a row. What was measured stays in the log.
 * @example
 * const rows = await blend.run({
 *   methods: { "Full prefill": methods.fullPrefill(server), "CacheBlend 15%": methods.cacheBlend(server) },
 *   inputTokens: [1_024, 4_096],
 *   log: "blend.jsonl",
 * });
 * rows[0].ttft_seconds // 0.135
 */
export async function blendTtft<L extends string>(options: BlendOptions<L>): Promise<readonly BlendRecord[]> {
  return withLogOnS3(checkOptions(schema, options), measureBlend);
}

async function measureBlend({
  methods,
  inputTokens,
  chunkTokens,
  runs,
  chunks,
  maxTokens,
  warmUps,
  seed,
  shard,
  signal,
  ...rest
}: z.output<typeof schema>): Promise<readonly BlendRecord[]> {
  const labels = Object.keys(methods);
  const inputs = blendInputs({ inputTokens, chunkTokens, chunks });
  const nonce = randomUUID();
  const documents = random(nonce);
  const all = requestsOf(inputs, labels, runs, random(seed));
  const cells = [...new Set(all.map(blendCell))];
  const ownCells = new Set(cellsOfShard(cells, shard));
  const requests = all.filter((request) => ownCells.has(blendCell(request)));
  const ownInputs = inputs.filter((input) => requests.some((request) => isOfInput(request, input)));

  const servers = Object.values(methods).map(({ server }) => server);
  for (const own of group(inputs, (input) => input.chunks).values()) {
    const shortest = least(own, (input) => input.input_target)!;
    await requireRoom(servers[0]!.tokens, documents, shortest);
  }
  const asked = await promptTokens(methods, "completions");
  const log = await openExperimentLog(logOfShard(rest, shard), {
    servers,
    plan: { cells, shard },
    seed,
    options: {
      methods: describeMethods(methods),
      joining: describeJoining(methods),
      tokenised: asked.tokenised,
      inputTokens: [...new Set(inputs.map(({ input_target }) => input_target))],
      runs,
      chunks,
      maxTokens,
      firstToken: rest.firstToken,
      warmUps,
      document_nonce: nonce,
    },
    // More lengths, numbers of chunks and runs are more of the same.
    mayDiffer: {
      ...{ inputTokens: whatever, chunks: whatever, runs: whatever },
      ...{ firstToken: whatever, document_nonce: whatever },
    },
    expected: (row) => columnsOf(methods, row.label),
    parse: parseBlendRecord,
  });
  const rows = [...log.earlier];
  const stopIfFailing = stopAfterFailures(servers[0]!.url);

  /** Tokens that a method's server adds to so many chunks, such as BOS; the warm-ups show how many. */
  const added = new Map<string, number>();
  const measure = async (label: string, { input_target, chunks }: BlendInput, name: string) => {
    const method = methods[label]!;
    const { tokens } = method.server;
    const length = input_target - (added.get(`${chunks} ${label}`) ?? 0);
    const prompt = await chunkedFiller(documents.fork(name), tokens, { tokens: length, chunks });
    const counted = await tokens.count(wholePrompt(prompt));
    const { columns, chunkTokens } = await measureMethod(method, prompt, {
      maxTokens,
      signal,
      tokens: asked,
    });
    const context_tokens = chunkTokens ?? (await tokens.count(contextOf(prompt)));
    return { columns, context_tokens, counted };
  };

  try {
    if (warmUps > 0 && requests.length > 0) {
      const words = documents.fork("tokens");
      for (const server of new Set(servers)) {
        await correctCounter(server, (characters) => fillerText(words, characters), signal);
      }
    }
    for (const { name, server } of Object.values(methods)) {
      if (METHODS[name].reuses !== "prefix") continue;
      const blockTokens = await blockTokensOf(server);
      const lengths: ServedLength[] = [];
      for (const { input_target: tokens, chunks } of ownInputs) {
        if (!mayBeTooShort(tokens / chunks, blockTokens)) continue;
        const prompt = await chunkedFiller(documents.fork(`length ${tokens}`), server.tokens, {
          tokens,
          chunks,
        });
        lengths.push({
          tokens,
          servedTokens: await server.tokens.count(prompt.prefix + prompt.chunks[0]!),
          sharedTokens: await server.tokens.count(prompt.prefix),
        });
      }
      for (const note of tooShortFor(lengths, blockTokens)) rest.onNote?.(note);
    }
    const warmed = ownInputs.flatMap((input) => labels.map((label) => ({ input, label })));
    for (const { label, input } of warmed) {
      for (let warmUp = 1; warmUp <= warmUps; warmUp++) {
        const { columns, counted } = await measure(
          label,
          input,
          `warm-up ${warmUp} ${label} ${inputName(input)}`,
        );
        const more = methods[label]!.server.tokens.exact ? (columns.prompt_tokens ?? 0) - counted : 0;
        if (more > 0 && more <= mostAdded(input)) added.set(`${input.chunks} ${label}`, more);
      }
    }
    const isRecorded = ({ label, trial, ...input }: (typeof requests)[number]): boolean =>
      log.earlier.some(
        (row) => row.outcome === "ok" && row.label === label && row.trial === trial && isOfInput(row, input),
      );
    const sizes = requests.map((request) => (isRecorded(request) ? 0 : request.input_target));
    const reached = measuredCosts(sizes, rest.onProgress);
    for (const [done, request] of requests.entries()) {
      const { label, input_target, chunks, trial } = request;
      reached(done);
      if (isRecorded(request)) continue;
      const { columns, context_tokens } = await measure(
        label,
        request,
        `${label} ${inputName(request)} ${trial}`,
      );
      const { ttft_seconds, ...others } = columns;
      const record: BlendRecord = {
        run_index: trial,
        context_tokens,
        ttft_seconds,
        label,
        ...others,
        input_target,
        trial,
        chunks,
      };
      log.append(record);
      rows.push(record);
      rest.onRecord?.(record);
      stopIfFailing(record);
    }
    reached(requests.length);
  } finally {
    log.close();
  }
  return rows;
}

/** All requests, trial by trial, and within a trial in random order. */
function requestsOf(inputs: readonly BlendInput[], labels: readonly string[], runs: number, order: Random) {
  const cells = inputs.flatMap((input) => labels.map((label) => ({ ...input, label })));
  return Array.from({ length: runs }, (_, index) =>
    order.shuffle(cells).map((cell) => ({ ...cell, trial: index + 1 })),
  ).flat();
}

/** Refuses more chunks than fit into an input: its prompts would be longer than stated. */
async function requireRoom(
  counter: TokenCounter,
  documents: Random,
  { input_target: tokens, chunks }: BlendInput,
): Promise<void> {
  const prompt = await chunkedFiller(documents.fork("shortest"), counter, { tokens, chunks });
  const fewest = await counter.count(wholePrompt(prompt));
  if (fewest <= tokens) return;
  const rule = `must be few enough for inputs of ${tokens} tokens: with an opening and a question, that many take at least ${fewest}`;
  throw new OptionError("chunks", rule, chunks);
}

/** BOS and separators between chunks: only these are subtracted from a prompt's length. */
const mostAdded = ({ chunks }: BlendInput): number => Math.max(32, 8 * chunks);
