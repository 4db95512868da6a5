import { TTFT_COLUMNS } from "../../src/domain/records/columns.js";

const FIRST_START = Date.parse("2026-11-20T10:00:00.000Z");
let starts = 0;

/** A whole line of a TTFT log as this package writes it, with some fields replaced; each is another request's. */
export const ttftLine = (fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => {
  const line: Record<string, unknown> = {
    ...Object.fromEntries(Object.keys(TTFT_COLUMNS).map((key) => [key, null])),
    run_index: 1,
    context_tokens: 998,
    ttft_seconds: 0.4291348751,
    model: "tiny",
    prompt: "Summarize this text",
    cache_state: "cold",
    cache_control: "unique_prompt",
    cached_tokens: 0,
    evidence: "proven",
    evidence_source: "usage.prompt_tokens_details.cached_tokens",
    context_target: 1000,
    trial: 1,
    outcome: "ok",
    started_at: new Date(FIRST_START + starts++).toISOString(),
    ...fields,
  };
  return line;
};

/** The text of a log. */
export const jsonl = (...lines: readonly unknown[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join("");
