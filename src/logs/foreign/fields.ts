import { FirstTokenError } from "../../domain/errors/errors.js";
import { isObject, type JsonObject } from "../../domain/json.js";
import { toldLine } from "../../domain/plain-text.js";
import { withoutKeys } from "../../domain/secrets/named-secrets.js";

/** A number from 0, or null: a tool's −1 and NaN tell nothing. */
export function numberOf(value: unknown): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? number : null;
}

/** A time that was measured: 0 is what tools write where none was. */
export function timeOf(value: unknown): number | null {
  const seconds = numberOf(value);
  return seconds === 0 ? null : seconds;
}

/** Milliseconds as seconds. */
export const milli = (milliseconds: number | null): number | null =>
  milliseconds === null ? null : milliseconds / 1000;

export const textOf = (value: unknown): string | null =>
  typeof value === "string" && value !== "" ? value : null;

/** The words of a failure as a record has them: one line, cut, without keys. */
export function errorOf(value: unknown, otherwise: string): string {
  const said = typeof value === "string" ? value : value == null ? "" : JSON.stringify(value);
  return toldLine(withoutKeys(said)) || otherwise;
}

/** A wall clock's seconds as ISO 8601; null for a clock that counts from elsewhere. */
export function startOf(epochSeconds: number | null): string | null {
  // Before 2001 and after 2100: no benchmark of today, but another clock.
  if (epochSeconds === null || epochSeconds < 1e9 || epochSeconds > 4.2e9) return null;
  return new Date(epochSeconds * 1000).toISOString();
}

export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const hasKeys = (value: unknown, keys: readonly string[]): boolean =>
  isObject(value) && keys.every((key) => Object.hasOwn(value, key));

/** The mean of the numbers in a list; null of none. */
export function meanOf(values: unknown): number | null {
  const numbers = listOf(values).flatMap((value) => numberOf(value) ?? []);
  return numbers.length === 0 ? null : numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}

/** Where something stands, in the words of a message. */
export const placeOf = ({ line }: { readonly line: number }, run: number, request?: number): string =>
  [line > 0 ? `line ${line}` : `run ${run}`, ...(request === undefined ? [] : [`request ${request}`])].join(
    ", ",
  );

/** Refuses what is not as the tool writes it. */
export function unlike(where: string, what: string): never {
  throw new FirstTokenError(`${where}: ${what}`);
}

/** How a request ended, for a record: `ok`, or why it did not. */
export const endedWell = { outcome: "ok", error: null } as const;
export const failed = (error: unknown, otherwise = "the file does not say why") =>
  ({ outcome: "error", error: errorOf(error, otherwise) }) as const;

/** A line of a load, with null for what every line must state and no other tool tells. */
export const loadLine = (told: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  context_tokens: null,
  ttft_seconds: null,
  workload: null,
  arrivals: null,
  level: 1,
  block: 1,
  phase: "measured",
  method: null,
  score: null,
  ...told,
});

/** When a tool's requests started, by its request rate and its limit of requests under way. */
export function arrivalsOf(rate: unknown, burstiness: unknown, concurrency: unknown, requests: number) {
  const perSecond = timeOf(rate);
  if (perSecond === null) {
    // Without a limit all are under way at once, which is a place for each.
    const places = numberOf(concurrency) ?? requests;
    return {
      arrivals: "closed",
      rate_per_second: null,
      burstiness: null,
      concurrency: places < 1 ? null : places,
    };
  }
  const shape = numberOf(burstiness) ?? 1;
  return {
    arrivals: shape === 1 ? "poisson" : "gamma",
    rate_per_second: perSecond,
    burstiness: shape === 1 ? null : shape,
    concurrency: null,
  };
}
