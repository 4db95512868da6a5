import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Server } from "../../client/server.js";
import { OptionError } from "../../domain/errors/errors.js";
import { checkOptions, MOST_CONTEXT_TOKENS, MOST_REPEATED } from "../../domain/errors/options.js";
import { ttftCell } from "../../domain/records/cells.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import { CORRECTED_ESTIMATE } from "../../domain/records/token-count.js";
import { parseTtftRecord } from "../../logs/records/record-lines.js";
import { type MayDiffer, whatever } from "../../logs/same-run.js";
import { random } from "../../stats/random.js";
import { type LogOptions, logFields, openExperimentLog } from "../experiment-log.js";
import { withLogOnS3 } from "../log-on-s3.js";
import { callback, firstTokenField, runFields, someText, wholeNumber } from "../option-fields.js";
import { cellsOfShard, logOfShard, type Shard, shardField } from "../run-plan.js";
import { type Cell, measureColdAndWarm, trialsOf } from "./cold-and-warm.js";

/** Options of every cold-and-warm experiment. */
export type ColdAndWarmOptions = LogOptions & {
  /** From `connect`. */
  readonly server: Server;
  /** Repetitions of each cell, each with a new document; default 5, the fewest that give an interval. */
  readonly runs?: number;
  /** Output tokens asked for; default 8. */
  readonly maxTokens?: number;
  /**
   * Which token counts as the first in tables of this run: content (the default) or any. It is noted in the manifest; records
   * have both.
   */
  readonly firstToken?: FirstToken;
  /** Short requests sent first and not recorded; default 2. */
  readonly warmUps?: number;
  /** Seed for the order of trials; default 1. */
  readonly seed?: number | string;
  /** Which part of the trials to measure, where several processes share a run; default all of them. */
  readonly shard?: Shard;
  /** Name of the rows when logs are compared; default the log's name. */
  readonly label?: string;
  /** Called with every record once it is on disk. */
  readonly onRecord?: (record: TtftRecord) => void;
  /** Called with the number of trials done, of all trials, and the seconds left. */
  readonly onProgress?: (done: number, all: number, secondsLeft?: number | null) => void;
  /** Called before measuring with a note on what can't be proven. */
  readonly onNote?: (note: string) => void;
  /** Stops the run when it aborts; what was measured is in the log. */
  readonly signal?: AbortSignal;
};

/** A sweep over context lengths, in tokens of the server's own tokenizer if it has a route that counts. */
export type SweepOptions = ColdAndWarmOptions & {
  /** Lengths of the contexts, in tokens of the server's own tokenizer if it has a route that counts. */
  readonly contextTokens: readonly number[];
  /** The question asked after the context; default "Summarize this text". */
  readonly prompt?: string;
};

/** The schema of {@link ColdAndWarmOptions}; experiments add their own fields. */
export const coldAndWarmFields = {
  ...logFields,
  server: z.custom<Server>(
    (value) => typeof (value as Server | null)?.chat === "function",
    "must be a server from connect()",
  ),
  runs: wholeNumber(1, MOST_REPEATED).default(5),
  maxTokens: wholeNumber(1).default(8),
  firstToken: firstTokenField,
  warmUps: wholeNumber(0).default(2),
  label: someText().optional(),
  shard: shardField,
  onRecord: callback<(record: TtftRecord) => void>().optional(),
  ...runFields,
};

const sweepSchema = z.strictObject({
  ...coldAndWarmFields,
  contextTokens: z
    .array(wholeNumber(16, MOST_CONTEXT_TOKENS), "must be a list of token counts")
    .min(1, "must name at least one length")
    .refine((lengths) => new Set(lengths).size === lengths.length, "must not name a length twice"),
  prompt: someText().default("Summarize this text"),
});

/**
 * Measures TTFT against context length, cold and warm, and returns the log's rows, earlier ones first.
 *
 * @throws OptionError for a wrong option or a length above the model's limit; LogError if the log exists or can't be written;
 * ServerError if the server stops answering. What was measured stays in the log.
 * @example
 * const server = await connect("http://localhost:8000");
 * const rows = await ttft.run({ server, contextTokens: [1_000, 4_000], log: "vllm.jsonl" });
 * rows.map((row) => row.cache_state) // ["cold", "warm", "cold", "warm", …]
 */
export async function sweepTtft(options: SweepOptions): Promise<readonly TtftRecord[]> {
  const checked = checkOptions(sweepSchema, options);
  const cells = checked.contextTokens.map((context_target) => ({
    context_target,
    prompt: checked.prompt,
    prompt_kind: null,
  }));
  const { contextTokens, prompt } = checked;
  return measureLogged(checked, cells, { contextTokens, prompt }, { contextTokens: whatever });
}

type CheckedOptions = z.output<z.ZodObject<typeof coldAndWarmFields>>;

/** Opens the log, measures the cells into it, and returns all of its rows. */
export function measureLogged(
  checked: CheckedOptions,
  cells: readonly Cell[],
  facts: Readonly<Record<string, unknown>>,
  mayDiffer: MayDiffer = {},
): Promise<readonly TtftRecord[]> {
  return withLogOnS3(checked, (here) => measureCells(here, cells, facts, mayDiffer));
}

async function measureCells(
  checked: CheckedOptions,
  cells: readonly Cell[],
  facts: Readonly<Record<string, unknown>>,
  mayDiffer: MayDiffer,
): Promise<readonly TtftRecord[]> {
  const { server, runs, maxTokens, firstToken, warmUps, seed, shard } = checked;
  for (const { context_target } of cells) requireRoom(server, context_target, maxTokens);
  // New in every run, even a resumed one: a document that the server has seen before would not be cold.
  const document_nonce = randomUUID();
  const promptOf = (kind: string | null) => cells.find(({ prompt_kind }) => prompt_kind === kind)?.prompt;
  const trials = trialsOf(cells, runs, random(seed));
  const log = await openExperimentLog(logOfShard(checked, shard), {
    servers: [server],
    plan: { cells: trials.map(ttftCell), shard },
    parse: parseTtftRecord,
    seed,
    options: { ...facts, runs, maxTokens, firstToken, warmUps, label: checked.label ?? null, document_nonce },
    // More lengths and repetitions are more of the same, and every record has both kinds of first token.
    mayDiffer: { runs: whatever, firstToken: whatever, document_nonce: whatever, ...mayDiffer },
    expected: ({ prompt_kind, token_counter }) => ({
      model: server.model,
      label: checked.label ?? null,
      prompt: promptOf(prompt_kind),
      // Usage corrects the counter, if not yet, then after the first requests of this run.
      token_counter:
        token_counter === CORRECTED_ESTIMATE && server.tokens.wantsUsage
          ? CORRECTED_ESTIMATE
          : server.tokens.name,
    }),
  });
  const rows = [...log.earlier];
  try {
    await measureColdAndWarm({
      server,
      trials: cellsOfShard(trials, shard),
      maxTokens,
      warmUps,
      label: checked.label ?? null,
      documents: random(document_nonce),
      earlier: log.earlier,
      record: (record) => {
        log.append(record);
        rows.push(record);
        checked.onRecord?.(record);
      },
      onTrial: checked.onProgress,
      onNote: checked.onNote,
      signal: checked.signal,
    });
  } finally {
    log.close();
  }
  return rows;
}

/** Tokens that a chat template and a short question may take besides the context. */
const TEMPLATE_MARGIN_TOKENS = 128;

function requireRoom(server: Server, context_target: number, maxTokens: number): void {
  if (server.contextLimit === null) return;
  const room = server.contextLimit.tokens - maxTokens - TEMPLATE_MARGIN_TOKENS;
  if (context_target <= room) return;
  throw new OptionError(
    "contextTokens",
    `must be at most ${room}: ${server.model} takes ${server.contextLimit.tokens} tokens in total ` +
      `(${server.contextLimit.source}) which must also hold the question and ${maxTokens} output tokens`,
    context_target,
  );
}
