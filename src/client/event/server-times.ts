import type { JsonObject } from "../../domain/json.js";

/** Two clocks tick a little differently, and on a busy machine one of them is read late. */
const SLACK_SHARE = 0.01;
const SLACK_SECONDS = 1;

/** Whether a time that a server tells of a request can be true: a part is no longer than the whole was here. */
export const canBePart = (seconds: number, wholeSeconds: number | null): boolean =>
  seconds >= 0 && seconds <= (wholeSeconds ?? 0) * (1 + SLACK_SHARE) + SLACK_SECONDS;

/** A server's timings without the times (`…_ms`) that can't be true, and a sentence on the first of these. */
export function believedTimings(
  timings: JsonObject | null,
  wholeSeconds: number | null,
): { readonly timings: JsonObject | null; readonly doubt: string | null } {
  const untrue = Object.entries(timings ?? {}).filter(
    ([name, value]) =>
      name.endsWith("_ms") && typeof value === "number" && !canBePart(value / 1_000, wholeSeconds),
  );
  const [first] = untrue;
  if (timings === null || first === undefined) return { timings, doubt: null };
  const names = new Set(untrue.map(([name]) => name));
  return {
    timings: Object.fromEntries(Object.entries(timings).filter(([name]) => !names.has(name))),
    doubt: `The server reports ${first[1]} ms as timings.${first[0]} of a request that took ${((wholeSeconds ?? 0) * 1_000).toFixed(1)} ms: ignored.`,
  };
}

/** A figure of a server's `timings` in seconds, such as `load_ms`; null where it is not reported. */
export function timingSeconds(
  { timings }: { readonly timings: JsonObject | null },
  key: `${string}_ms`,
): number | null {
  const value = timings?.[key];
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value / 1_000 : null;
}

/** Computing the prompt: `prefill_ms` is the embedded engine's, `prompt_ms` llama.cpp's. */
export const prefillSeconds = (told: { readonly timings: JsonObject | null }): number | null =>
  timingSeconds(told, "prefill_ms") ?? timingSeconds(told, "prompt_ms");
