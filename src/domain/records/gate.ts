import { OptionError } from "../errors/errors.js";
import { REQUEST_TIME_NAMES, type RequestTime, secondsOfText } from "./objectives.js";

/** What a gate can check in a row besides its times, with the unit of its limit. */
const NUMBERS = {
  speedup: "ratio",
  speedup_low: "ratio",
  goodput: "per second",
  goodput_low: "per second",
  goodput_share: "share",
  requests_per_second: "per second",
  cached_share: "share",
  overhead: "seconds",
  overhead_high: "seconds",
  ttft_overhead: "seconds",
  score: "score",
  difference: "score",
  retained: "share",
  errors: "count",
  error_share: "share",
  unproven: "count",
  contradicted: "count",
  cut: "count",
  unsettled: "count",
  client_limited: "count",
} as const satisfies Readonly<Record<string, GateUnit>>;

export type GateUnit = "seconds" | "ratio" | "per second" | "share" | "score" | "count";
export type GateNumber = keyof typeof NUMBERS;

/** Which times of a row are meant: those of one cache state, or of each one present. */
const STATES = ["cold", "warm", "flushed"] as const;

/** A median, a mean, or a percentile. */
export type TimeStatistic = "median" | "mean" | number;

/** What a gate checks. */
export type GateMetric =
  | {
      readonly kind: "time";
      readonly time: RequestTime;
      readonly statistic: TimeStatistic;
      readonly state: (typeof STATES)[number] | null;
    }
  | { readonly kind: "number"; readonly name: GateNumber }
  /** Whether a method is shown to be no worse than its baseline. */
  | { readonly kind: "no worse" };

const COMPARISONS = {
  ">": (value: number, limit: number) => value > limit,
  ">=": (value: number, limit: number) => value >= limit,
  "<": (value: number, limit: number) => value < limit,
  "<=": (value: number, limit: number) => value <= limit,
} as const;

/** A rule that fails a command: a condition that holds if a run is not good enough. */
export interface Gate {
  /** The text as given. */
  readonly text: string;
  /** The metric's name. */
  readonly name: string;
  readonly metric: GateMetric;
  readonly unit: GateUnit | null;
  /** Whether a value fails the gate. */
  fails(value: number): boolean;
}

/** The commands that have gates, and what each can check. */
export const GATED = {
  ttft: { times: true, states: true, words: false, numbers: ["speedup", "speedup_low"] },
  prompts: { times: true, states: true, words: false, numbers: ["speedup", "speedup_low"] },
  blend: { times: true, states: false, words: false, numbers: ["speedup", "speedup_low"] },
  quality: {
    ...{ times: true, states: false, words: true },
    numbers: ["score", "difference", "retained", "speedup", "speedup_low"],
  },
  proxy: {
    ...{ times: true, states: false, words: false },
    numbers: ["overhead", "overhead_high", "ttft_overhead", "requests_per_second", "client_limited"],
  },
  load: {
    ...{ times: true, states: false, words: false },
    numbers: [
      ...([
        "speedup",
        "speedup_low",
        "goodput",
        "goodput_low",
        "goodput_share",
        "requests_per_second",
      ] as const),
      ...(["cached_share", "unsettled", "client_limited"] as const),
    ],
  },
} as const satisfies Readonly<Record<string, GateVocabulary>>;
export type Gated = keyof typeof GATED;
/** A report has rows of any of them. */
export type GatedOrReport = Gated | "report";
const commandsOf = (command: GatedOrReport): readonly Gated[] =>
  command === "report" ? (Object.keys(GATED) as Gated[]) : [command];

interface GateVocabulary {
  readonly times: boolean;
  readonly states: boolean;
  readonly words: boolean;
  readonly numbers: readonly GateNumber[];
}

/** What every command can check; through a proxy nothing is known about caches. */
const EVERYWHERE = ["errors", "error_share", "unproven", "contradicted", "cut"] as const;
const numbersOf = (command: Gated): readonly GateNumber[] => [
  ...GATED[command].numbers,
  ...EVERYWHERE.filter((name) => command !== "proxy" || name.startsWith("error")),
];

/** What a command can check, in a sentence for its help. */
export function gateWords(command: GatedOrReport): string {
  const commands = commandsOf(command);
  const states = commands.some((one) => GATED[one].states) ? " (also with cold_ or warm_ before it)" : "";
  const times = `{${REQUEST_TIME_NAMES.join(",")}}_{median,mean,p95,…}${states}`;
  const words = commands.some((one) => GATED[one].words) ? ["'not no-worse'"] : [];
  return [times, ...new Set(commands.flatMap(numbersOf)), ...words].join(", ");
}

/**
 * Reads a gate: `NAME>LIMIT` with >, >=, < or <=; the name of a count alone, for any; or `not no-worse`. Times are in seconds, or say
 * `ms`; shares are numbers up to 1, or say `%`.
 *
 * @throws OptionError for any other form, an unknown name, or an invalid limit.
 * @example parseGate("ttft_p95>0.5", "load").fails(0.6) // true
 */
export function parseGate(text: string, command: GatedOrReport, option = "--fail-if"): Gate {
  const refuse = (rule: string): never => {
    throw new OptionError(option, rule, text);
  };
  const match = /^\s*(not\s+)?([a-z][\w.-]*?)\s*(?:(>=|<=|>|<)\s*(\S.*?))?\s*$/i.exec(text);
  if (match === null)
    return refuse("must be a rule such as 'ttft_p95>0.5', 'speedup<2', 'errors' or 'not no-worse'");
  const [, not, given, comparison, limit] = match;
  const name = given!.toLowerCase().replaceAll("-", "_");
  const percentile = /_p(-?\d+(?:\.\d+)?)$/.exec(name)?.[1];
  if (percentile !== undefined && !(Number(percentile) > 0 && Number(percentile) < 100))
    return refuse(`must ask for a percentile above 0 and below 100, such as ttft_p95`);
  const metric = metricOf(name);
  if (metric === null || !commandsOf(command).some((one) => canCheck(one, metric)))
    return refuse(`must ask for one of: ${gateWords(command)}`);
  if (metric.kind === "no worse") {
    if (not === undefined || comparison !== undefined) return refuse("must be 'not no-worse'");
    return { text, name: "no-worse", metric, unit: null, fails: (value) => value === 0 };
  }
  if (not !== undefined) return refuse("can only deny no-worse, as in 'not no-worse'");
  const unit = metric.kind === "time" ? "seconds" : NUMBERS[metric.name];
  if (comparison === undefined) {
    if (unit !== "count")
      return refuse(`needs a limit, as in '${name}${unit === "seconds" ? ">0.5" : "<2"}'`);
    return { text, name, metric, unit, fails: (value) => value > 0 };
  }
  const bound = limitOf(limit!, unit);
  if (bound === null)
    return refuse(
      `needs a number behind ${comparison}, as in '${name}${comparison}${unit === "seconds" ? "0.5" : "2"}'`,
    );
  const [least, most] = rangeOf(metric);
  if (bound < least || bound > most)
    return refuse(
      `needs a limit from ${least} to ${most}, as ${name} is, or in %, as in '${name}${comparison}5%'`,
    );
  const compare = COMPARISONS[comparison as keyof typeof COMPARISONS];
  return { text, name, metric, unit, fails: (value) => compare(value, bound) };
}

function metricOf(name: string): GateMetric | null {
  if (name === "no_worse") return { kind: "no worse" };
  if (Object.hasOwn(NUMBERS, name)) return { kind: "number", name: name as GateNumber };
  const match = /^(?:(cold|warm|flushed)_)?(ttft|itl|tpot|e2e)_(median|mean|p(\d+(?:\.\d+)?))$/.exec(name);
  if (match === null) return null;
  const [, state, time, statistic, percentile] = match;
  const p = percentile === undefined ? null : Number(percentile);
  return {
    kind: "time",
    time: time as RequestTime,
    statistic: p ?? (statistic as "median" | "mean"),
    state: (state ?? null) as (typeof STATES)[number] | null,
  };
}

/** Whether a command's rows have a metric. */
export function canCheck(command: Gated, metric: GateMetric): boolean {
  const { times, states, words } = GATED[command];
  if (metric.kind === "time") return times && (metric.state === null || states);
  return metric.kind === "no worse" ? words : numbersOf(command).includes(metric.name);
}

/** Where a metric's values lie: a limit beyond, such as 5 for 5 %, would let a rule hold never or always. */
function rangeOf(metric: GateMetric): readonly [least: number, most: number] {
  if (metric.kind !== "number" || metric.name === "retained") return EVERY_NUMBER;
  if (metric.name === "difference") return [-1, 1];
  const unit = NUMBERS[metric.name];
  return unit === "share" || unit === "score" ? [0, 1] : EVERY_NUMBER;
}

const EVERY_NUMBER = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

function limitOf(text: string, unit: GateUnit): number | null {
  if (unit === "seconds") return secondsOfText(text.replace(/^-/, "")) === null ? null : signed(text);
  const match = /^(-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(%?)$/i.exec(text);
  if (match === null || (match[2] === "%" && unit !== "share" && unit !== "score")) return null;
  const number = Number(match[1]) / (match[2] === "%" ? 100 : 1);
  return Number.isFinite(number) ? number : null;
}

/** An overhead may be below 0. */
const signed = (text: string): number => {
  const seconds = secondsOfText(text.replace(/^-/, ""))!;
  return text.startsWith("-") ? -seconds : seconds;
};
