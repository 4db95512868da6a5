import { stats } from "../../src/index.js";
import type { SentTimes } from "./timed-mock.js";

interface Row {
  readonly ttft_seconds: number | null;
  readonly itl_seconds?: number | null;
  readonly tpot_seconds?: number | null;
}

/** What a tool measured of some requests, and what the mock measured itself of the same. */
export interface Measured {
  readonly tool: string;
  readonly concurrency: number;
  readonly rows: readonly Row[];
  readonly sent: readonly SentTimes[];
}

const PERCENTILES = [0.5, 0.95, 0.99];

/** A Markdown table: each percentile a tool reports, less the same percentile of the mock's own times. */
export function offTable(all: readonly Measured[]): string {
  const heads = ["TTFT", "ITL"].flatMap((time) => PERCENTILES.map((p) => `${time} p${p * 100}`));
  const cells = all.map(({ tool, concurrency, rows, sent }) => [
    ...[String(concurrency), tool],
    ...off(
      rows.map(({ ttft_seconds }) => ttft_seconds),
      sent.map(({ first }) => first),
    ),
    ...off(
      rows.map(({ itl_seconds, tpot_seconds }) => itl_seconds ?? tpot_seconds ?? null),
      sent.map(({ gap }) => gap),
    ),
  ]);
  const line = (texts: readonly string[]) => `| ${texts.join(" | ")} |`;
  const rules = ["---:", "---", ...heads.map(() => "---:")];
  return [line(["under way", "tool", ...heads]), line(rules), ...cells.map(line)].join("\n");
}

/** In milliseconds. */
function off(told: readonly (number | null)[], sent: readonly number[]): string[] {
  const known = told.filter((value) => value !== null);
  return PERCENTILES.map((p) => {
    const milliseconds = 1000 * (stats.quantile(known, p) - stats.quantile(sent, p));
    const text = Math.abs(milliseconds).toFixed(2);
    return text === "0.00" ? "0" : `${milliseconds < 0 ? "−" : "+"}${text}`;
  });
}
