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
