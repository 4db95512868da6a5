import { Option } from "commander";
import { MOST_REPEATED, MOST_REQUESTS } from "../../domain/errors/options.js";
import { FIRST_TOKENS } from "../../domain/records/first-token.js";
import {
  address,
  apiAddress,
  chartPath,
  fontPath,
  rates,
  someSeconds,
  someText,
  wholeNumber,
} from "./flags.js";

/** What a flag means in every command that has it. */
interface Meaning {
  /** Its value in the help; empty for a switch. */
  readonly takes: string;
  readonly says: string;
  readonly read?: (value: string) => unknown;
}

const count = wholeNumber(1);
const repeated = wholeNumber(1, MOST_REPEATED);
const fromNone = wholeNumber(0);

/** The flags of several commands, each defined once. */
export const VOCABULARY = {
  arrivals: { takes: "<how>", says: "how the arrivals of a rate are distributed" },
  blocks: {
    takes: "<n>",
    says: "blocks per level, in which methods or sides alternate",
    read: repeated,
  },
  chart: {
    takes: "<path>",
    says: "draw the chart, as SVG, PNG or PDF by the path's ending",
    read: chartPath,
  },
  dataset: {
    takes: "<name|path>",
    says: "a name of `firsttoken datasets list`, or a file in the form of one",
    read: someText,
  },
  font: {
    takes: "<path>",
    says: "a TrueType or OpenType font for PNG and PDF, where the chart has letters that Arimo lacks",
    read: fontPath,
  },
  idle_timeout_seconds: {
    takes: "<n>",
    says: "give up on a request after this long without a byte",
    read: someSeconds,
  },
  json: { takes: "", says: "print the results as JSON" },
  format: { takes: "<form>", says: "output format; json is the same as --json" },
  max_model_len: { takes: "<n>", says: "maximum tokens of a prompt and its answer together" },
  max_tokens: { takes: "<n>", says: "maximum output tokens per request", read: count },
  mirror: { takes: "<url>", says: "a mirror of the publisher, with the same paths", read: address },
  models_dir: {
    takes: "<folder>",
    says: "where models are kept",
    read: someText,
  },
  out: { takes: "<path>", says: "the JSONL log, which may be on s3://" },
  out_dir: { takes: "<folder>", says: "the folder that the files are written to", read: someText },
  overwrite: { takes: "", says: "replace an existing log or file" },
  prompt: { takes: "<text>", says: "the question asked after the context", read: someText },
  provider_url: { takes: "<url>", says: "the provider behind the proxy", read: apiAddress },
  rates: { takes: "<list>", says: "request rates in requests per second, one level each", read: rates },
  repeats: { takes: "<n>", says: "how many times all levels are measured", read: repeated },
  requests: {
    takes: "<n>",
    says: "measured requests per level, for each method or side",
    read: wholeNumber(1, MOST_REQUESTS),
  },
  resume: { takes: "", says: "continue an existing log" },
  runs: { takes: "<n>", says: "repetitions of each cell", read: repeated },
  samples: { takes: "<n>", says: "examples drawn from the dataset", read: repeated },
  seed: { takes: "<n>", says: "seed for all random choices", read: fromNone },
  show_ttft: { takes: "", says: "show the TTFT of examples that ran concurrently anyway, marked" },
  skip_bad_lines: { takes: "", says: "skip lines that are not records, and list them" },
  timeout_seconds: {
    takes: "<n>",
    says: "give up on a request after this long, even if it is still sending",
    read: someSeconds,
  },
  warm_ups: { takes: "<n>", says: "requests sent first and not counted", read: fromNone },
} as const satisfies Readonly<Record<string, Meaning>>;

/** What one command adds to a flag. */
export interface Here {
  readonly usual?: unknown;
  /** The default in words, where the command itself finds it. */
  readonly usually?: string;
  /** What is special in this command. */
  readonly also?: string;
  /** Another spelling of the name: with dashes, as LiteLLM's script has them, or two names. */
  readonly spelt?: string;
}

/** A flag of several commands, as one of them has it. */
export function flag(
  name: keyof typeof VOCABULARY,
  { usual, usually, also, spelt = `--${name}` }: Here = {},
): Option {
  const { takes, says, read }: Meaning = VOCABULARY[name];
  const words = `${says}${also === undefined ? "" : `; ${also}`}${usually === undefined ? "" : ` (default: ${usually})`}`;
  const option = new Option(`${spelt} ${takes}`.trim(), words);
  if (read !== undefined) option.argParser(read);
  if (usual !== undefined) option.default(usual);
  return option;
}

/** The flag that says which token is the first. */
export const firstTokenFlag = (): Option =>
  new Option("--first_token <which>", "what counts as the first token: content, or any, with reasoning too")
    .choices(FIRST_TOKENS)
    .default("content");
