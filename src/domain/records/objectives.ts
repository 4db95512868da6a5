import { OptionError } from "../errors/errors.js";

/** The times of a request that tables can show, by their names in columns, objectives and gates. */
export const REQUEST_TIMES = {
  ttft: { title: "TTFT", meaning: "time to first token" },
  itl: { title: "ITL", meaning: "inter-token latency: a request's mean gap between content events" },
  tpot: { title: "TPOT", meaning: "time per output token after the first event" },
  e2e: { title: "E2E", meaning: "time to the last byte" },
} as const;

export type RequestTime = keyof typeof REQUEST_TIMES;
export const REQUEST_TIME_NAMES = Object.keys(REQUEST_TIMES) as RequestTime[];

/** A duration as in flags: `0.5` and `0.5s` are seconds, `500ms` are milliseconds; null for anything else. */
export function secondsOfText(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)\s*(ms|s)?\s*$/i.exec(text);
  if (match === null) return null;
  const number = Number(match[1]) / (match[2]?.toLowerCase() === "ms" ? 1_000 : 1);
  return Number.isFinite(number) ? number : null;
}

/** What a request must meet to be good: the maximum of each stated time, in seconds. */
export interface Objectives {
  /** Maximum time to the first token; default none. */
  readonly ttftSeconds?: number;
  /** Maximum mean time between content events; default none. */
  readonly itlSeconds?: number;
  /** Maximum time per output token after the first event; default none. */
  readonly tpotSeconds?: number;
  /** Maximum time to the last byte; default none. */
  readonly e2eSeconds?: number;
}

/** One objective: which time, and its maximum. */
export interface Objective {
  readonly time: RequestTime;
  readonly seconds: number;
}

/**
 * Reads objectives as the command line takes them.
 *
 * @throws OptionError for an unknown time, one stated twice, or a value that is not a number above 0.
 * @example parseObjectives("ttft=0.5,itl=50ms") // { ttftSeconds: 0.5, itlSeconds: 0.05 }
 */
export function parseObjectives(text: string, option = "--slo"): Objectives {
  const stated = new Map<RequestTime, number>();
  for (const part of text.split(",")) {
    const [name, value, ...rest] = part.split("=").map((piece) => piece.trim());
    const time = REQUEST_TIME_NAMES.find((known) => known === name?.toLowerCase());
    const seconds = value === undefined ? null : secondsOfText(value);
    if (time === undefined || rest.length > 0) {
      throw new OptionError(
        option,
        `must be a list such as ttft=0.5,itl=0.05,e2e=10 (times: ${REQUEST_TIME_NAMES.join(", ")})`,
        part.trim() === "" ? text : part,
      );
    }
    if (seconds === null || seconds <= 0) {
      throw new OptionError(option, `needs seconds above 0 for ${time}, such as ${time}=0.5`, part);
    }
    if (stated.has(time)) throw new OptionError(option, `must state ${time} once`, text);
    stated.set(time, seconds);
  }
  return Object.fromEntries([...stated].map(([time, seconds]) => [`${time}Seconds`, seconds]));
}

/**
 * The objectives as a list, checked.
 *
 * @throws OptionError for an unknown objective or one that is not a number above 0, and if none is stated.
 */
export function objectivesOf(slo: Objectives, option = "slo"): readonly Objective[] {
  if (typeof slo !== "object" || slo === null)
    throw new OptionError(option, "must be an object such as { ttftSeconds: 0.5 }", slo);
  const known = REQUEST_TIME_NAMES.map((time) => `${time}Seconds`);
  const stated = Object.entries(slo).filter(([, seconds]) => seconds !== undefined);
  for (const [key, seconds] of stated) {
    if (!known.includes(key))
      throw new OptionError(`${option}.${key}`, `must be one of ${known.join(", ")}`, seconds);
    if (typeof seconds !== "number" || !(seconds > 0 && Number.isFinite(seconds)))
      throw new OptionError(`${option}.${key}`, "must be a number of seconds above 0", seconds);
  }
  if (stated.length === 0)
    throw new OptionError(option, `must state at least one of ${known.join(", ")}`, "none");
  return REQUEST_TIME_NAMES.flatMap((time) => {
    const seconds = slo[`${time}Seconds`];
    return seconds === undefined ? [] : [{ time, seconds }];
  });
}
