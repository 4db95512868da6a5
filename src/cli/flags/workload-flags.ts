import { type Command, InvalidArgumentError, Option } from "commander";
import * as datasets from "../../api/datasets.js";
import * as workloads from "../../api/workloads.js";
import { OptionError } from "../../domain/errors/errors.js";
import { MOST_CONTEXT_TOKENS, MOST_REPEATED } from "../../domain/errors/options.js";
import { someText, wholeNumber } from "./flags.js";
import { inFlags } from "./in-flags.js";
import { flag, type Here, type VOCABULARY } from "./vocabulary.js";

/** A workload of the library. */
type Workload = ReturnType<typeof workloads.unique>;

/** A flag of a workload, and the option of the library that it sets; `shared` is one that other commands have, too. */
type WorkloadFlag = { readonly option: string } & (
  | {
      readonly value: string;
      readonly help: string;
      readonly read: (value: string) => number | string;
    }
  | { readonly shared: Here }
);

const tokens = wholeNumber(1, MOST_CONTEXT_TOKENS);
const tokensOrNone = wholeNumber(0, MOST_CONTEXT_TOKENS);

const FLAGS = {
  prompt_tokens: {
    option: "promptTokens",
    value: "<n>",
    help: "tokens of a prompt (default: 2000)",
    read: tokens,
  },
  shared_tokens: {
    option: "sharedTokens",
    value: "<n>",
    help: "tokens that all prompts begin with",
    read: tokensOrNone,
  },
  own_tokens: {
    option: "ownTokens",
    value: "<n>",
    help: "tokens of a prompt after the shared ones",
    read: tokens,
  },
  hit_ratio: {
    option: "hitRatio",
    value: "<share>",
    help: "share of --prompt_tokens that is shared, instead of these two (default: 0.5)",
    read: between(0, 1),
  },
  pool_documents: {
    option: "documents",
    value: "<n>",
    help: "documents in the pool (default: 100)",
    read: wholeNumber(1, MOST_REPEATED),
  },
  document_tokens: {
    option: "tokens",
    value: "<n>",
    help: "tokens of a document (default: 512)",
    read: tokens,
  },
  per_request: {
    option: "perRequest",
    value: "<n>",
    help: "documents per request (default: 6; with --order permuted all)",
    read: wholeNumber(1),
  },
  order: {
    option: "order",
    value: "<how>",
    help: "sampled: documents drawn anew for each request; permuted: all of them, in a different order each time (default: sampled)",
    read: oneOf("sampled", "permuted"),
  },
  zipf_exponent: {
    option: "zipfExponent",
    value: "<n>",
    help: "Zipf exponent of the documents' popularity (default: 0, uniform)",
    read: upTo(10),
  },
  question_tokens: {
    option: "questionTokens",
    value: "<n>",
    help: "tokens of a question (default: 24)",
    read: tokens,
  },
  turns: { option: "turns", value: "<n>", help: "turns of a chat (default: 5)", read: wholeNumber(1, 1_000) },
  sessions: {
    option: "sessions",
    value: "<n>",
    help: "concurrent chats (default: 8)",
    read: wholeNumber(1, MOST_REPEATED),
  },
  system_tokens: {
    option: "systemTokens",
    value: "<n>",
    help: "tokens of the system prompt that all chats share (default: 200)",
    read: tokensOrNone,
  },
  message_tokens: {
    option: "messageTokens",
    value: "<n>",
    help: "tokens of a user's message (default: 64)",
    read: tokens,
  },
  answer_tokens: {
    option: "answerTokens",
    value: "<n>",
    help: "tokens of each made-up answer in the history (default: 128)",
    read: tokens,
  },
  trace: {
    option: "trace",
    value: "<path>",
    help: "Mooncake's JSONL or BurstGPT's CSV; its arrival times are scaled so that their mean rate is that of --rates",
    read: someText,
  },
  time_scale: {
    option: "timeScale",
    value: "<n>",
    help:
      "instead of --rates: the trace's own times, multiplied by this: 1 as recorded, 0.5 twice " + "as fast",
    read: above0,
  },
  length_scale: {
    option: "lengthScale",
    value: "<n>",
    help: "factor by which the trace's token counts are multiplied (default: 1)",
    read: above0,
  },
  dataset: { option: "dataset", shared: { also: "for --workload dataset" } },
  samples: { option: "samples", shared: { also: "for --workload dataset", usually: "all" } },
  think_seconds: {
    option: "thinkSeconds",
    value: "<n>",
    help:
      "seconds between two turns of a chat, with --sessions concurrent chats on average; scaled to reach each of --rates " +
      "(default: turns come by --arrivals)",
    read: above0,
  },
  sessions_per_second: {
    option: "sessionsPerSecond",
    value: "<n>",
    help: "chats started per second, with --think_seconds and instead of --sessions",
    read: above0,
  },
  max_tokens: {
    option: "outputTokens",
    shared: { usually: "16; of a dataset the task's own" },
  },
} as const satisfies Readonly<Record<string, WorkloadFlag>>;

type FlagName = keyof typeof FLAGS;
const FLAG_NAMES = Object.keys(FLAGS) as FlagName[];

type Options = Readonly<Record<string, number | string>>;

interface WorkloadEntry {
  readonly help: string;
  readonly flags: readonly FlagName[];
  /** What is not given, by the library's names. */
  readonly usual: Options;
  /** The same for the embedded engine, which computes on a few cores. */
  readonly small: Options;
  /** The flags' values are checked where they are read, and once more by the library. */
  readonly make: (options: never, seed: number) => Workload | Promise<Workload>;
}

const POOL = {
  flags: [
    ...(["pool_documents", "document_tokens", "per_request", "order", "zipf_exponent"] as const),
    ...(["shared_tokens", "question_tokens", "max_tokens"] as const),
  ],
  usual: { documents: 100, tokens: 512 },
  small: { documents: 30, tokens: 128, outputTokens: 8 },
} as const;

const WORKLOADS = {
  unique: {
    help: "prompts that share nothing",
    flags: ["prompt_tokens", "max_tokens"],
    usual: { promptTokens: 2_000 },
    small: { promptTokens: 1_000, outputTokens: 8 },
    make: workloads.unique,
  },
  shared_prefix: {
    help: "all prompts begin alike",
    flags: ["shared_tokens", "own_tokens", "prompt_tokens", "hit_ratio", "max_tokens"],
    usual: { promptTokens: 2_000, hitRatio: 0.5 },
    small: { promptTokens: 1_000, hitRatio: 0.5, outputTokens: 8 },
    make: workloads.sharedPrefix,
  },
  rag: { help: "retrieval as in the CacheBlend paper", ...POOL, make: workloads.rag },
  document_pool: {
    help: "documents from a pool, in varying positions",
    ...POOL,
    make: workloads.documentPool,
  },
  sessions: {
    help: "chats of several turns",
    flags: [
      ...(["turns", "sessions", "system_tokens", "message_tokens", "answer_tokens"] as const),
      ...(["think_seconds", "sessions_per_second", "max_tokens"] as const),
    ],
    usual: { turns: 5 },
    small: { turns: 5, sessions: 4, outputTokens: 8 },
    make: workloads.sessions,
  },
  trace: {
    help: "recorded requests",
    flags: ["trace", "time_scale", "length_scale"],
    usual: {},
    small: {},
    make: ({ trace, ...options }: { readonly trace?: string }) =>
      workloads.trace(required("--trace", "the path of a trace, for --workload trace", trace), options),
  },
  dataset: {
    help: "a quality dataset, with scored answers",
    flags: ["dataset", "samples", "max_tokens"],
    usual: {},
    small: { samples: 30 },
    make: async ({ dataset, samples, ...options }: DatasetFlags, seed) => {
      const name = required("--dataset", "a dataset or a file, for --workload dataset", dataset);
      const examples = await datasets.load(name, { seed, ...(samples !== undefined && { samples }) });
      return workloads.dataset(examples, options);
    },
  },
} as const satisfies Readonly<Record<string, WorkloadEntry>>;

interface DatasetFlags {
  readonly dataset?: string;
  readonly samples?: number;
}

type WorkloadName = keyof typeof WORKLOADS;
const WORKLOAD_NAMES = Object.keys(WORKLOADS) as WorkloadName[];

/** What a load asks, and those of its flags that were given. */
export interface WorkloadFlags extends Readonly<Partial<Record<FlagName, number | string>>> {
  readonly workload: WorkloadName;
  readonly seed: number;
}

/** Adds {@link WorkloadFlags} but the seed to a command. */
export function addWorkloadFlags(command: Command): Command {
  const words = WORKLOAD_NAMES.map((name) => `${name}: ${WORKLOADS[name].help}`).join("; ");
  const kinds = new Option("--workload <kind>", `what the requests ask. ${words}`);
  command.addOption(kinds.choices(WORKLOAD_NAMES).default("rag"));
  for (const name of FLAG_NAMES) command.addOption(optionOf(name));
  return command;
}

function optionOf(name: FlagName): Option {
  const given: WorkloadFlag = FLAGS[name];
  if ("shared" in given) return flag(name as keyof typeof VOCABULARY, given.shared);
  const whose = namesWith(name).join(", ");
  return new Option(`--${name} ${given.value}`, `${whose}: ${given.help}`).argParser<number | string>(
    given.read,
  );
}

/**
 * The workload the flags name.
 *
 * @param isSmall whether sizes that were not given are those for the embedded engine.
 * @throws OptionError in the words of the flags: for a flag of another workload, or a value that breaks a rule; DatasetError for a
 * trace or a dataset that can't be read.
 */
export async function workloadOf(flags: WorkloadFlags, isSmall: boolean): Promise<Workload> {
  const { workload } = flags;
  const { usual, small, make } = WORKLOADS[workload];
  const given = FLAG_NAMES.filter((flag) => flags[flag] !== undefined);
  const foreign = given.find((flag) => !flagsOf(workload).includes(flag));
  if (foreign !== undefined) {
    const rule = `is for --workload ${namesWith(foreign).join(" or ")}, not for ${workload}`;
    throw new OptionError(`--${foreign}`, rule, flags[foreign]);
  }
  const own = Object.fromEntries(given.map((flag) => [FLAGS[flag].option, flags[flag]!]));
  // Where one of the two lengths is given, the ratio has nothing left to decide.
  const byLengths = own.sharedTokens !== undefined || own.ownTokens !== undefined;
  const usualHere: Options = isSmall ? small : usual;
  const rest =
    workload === "shared_prefix" && byLengths
      ? Object.fromEntries(Object.entries(usualHere).filter(([option]) => option === "outputTokens"))
      : usualHere;
  try {
    return await make({ ...rest, ...own } as never, flags.seed);
  } catch (error) {
    throw error instanceof OptionError ? inFlags(error, flagFor) : error;
  }
}

/** Whether a workload has documents that can be stored ahead of its requests. */
export const hasDocuments = (name: WorkloadName): boolean =>
  flagsOf(name).some((flag) => flag === "pool_documents" || flag === "dataset");

const flagsOf = (name: WorkloadName): readonly FlagName[] => WORKLOADS[name].flags;
const namesWith = (flag: FlagName): readonly WorkloadName[] =>
  WORKLOAD_NAMES.filter((name) => flagsOf(name).includes(flag));

function required(flag: string, rule: string, value: string | undefined): string {
  if (value === undefined) throw new OptionError(flag, `must be given: ${rule}`, value);
  return value;
}

/** The flag of a workload's option; of all of them together, the one that names it. */
function flagFor(option: string): string | null {
  if (option === "options") return "--workload";
  const flag = FLAG_NAMES.find((name) => FLAGS[name].option === option);
  return flag === undefined ? null : `--${flag}`;
}

function between(least: number, most: number): (value: string) => number {
  return numberThat((number) => number > least && number < most, `above ${least} and below ${most}`);
}

function upTo(most: number): (value: string) => number {
  return numberThat((number) => number >= 0 && number <= most, `from 0 to ${most}`);
}

function above0(value: string): number {
  return numberThat((number) => number > 0 && number <= 1_000_000, "above 0 and at most 1000000")(value);
}

function numberThat(holds: (number: number) => boolean, rule: string): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (value.trim() !== "" && holds(number)) return number;
    throw new InvalidArgumentError(`It must be a number ${rule}.`);
  };
}

function oneOf(...words: readonly string[]): (value: string) => string {
  return (value) => {
    if (words.includes(value)) return value;
    throw new InvalidArgumentError(`It must be one of ${words.join(", ")}.`);
  };
}
