import type { IsCut } from "../domain/records/cut-prompt.js";
import { type FirstToken, firstTokenSeconds } from "../domain/records/first-token.js";
import type { TtftRecord } from "../domain/records/record-kinds.js";
import type { CacheState } from "../domain/records/words.js";
import { QuantileSketch } from "../stats/quantile-sketch.js";

/** The requests of one label, model and server in one state at one context. Times in seconds; null if no request counts. */
export interface TtftSummaryRow<L extends string = string> {
  readonly label: L;
  readonly model: string | null;
  /** The records' own label; `log_server` is the server named in their logs' manifests. */
  readonly own_label: string | null;
  readonly log_server: string | null;
  /** `context_target`, or `context_tokens` if a log does not have it. */
  readonly context_tokens: number;
  /** Null for requests without a stated state. */
  readonly cache_state: CacheState | null;
  /** Requests counted in the times. */
  readonly n: number;
  readonly failed_n: number;
  readonly contradicted_n: number;
  /** Excluded, because the server cut their prompts. */
  readonly cut_n: number;
  /** Ended well without a token of content. */
  readonly tokenless_n: number;
  readonly mean_seconds: number | null;
  readonly min_seconds: number | null;
  readonly p25_seconds: number | null;
  readonly median_seconds: number | null;
  readonly p75_seconds: number | null;
  readonly p95_seconds: number | null;
  readonly max_seconds: number | null;
  /** False if n is above 10,000: then quartiles, median and p95 are within 0.1 %, and the rest is exact. */
  readonly is_exact: boolean;
}

/** What distinguishes the cells of a summary. */
export type SummaryKey = Pick<
  TtftSummaryRow,
  "label" | "model" | "own_label" | "log_server" | "context_tokens" | "cache_state"
>;

/** Which requests count, and to which token. */
export interface SummaryCounting {
  readonly includeContradicted: boolean;
  readonly firstToken: FirstToken;
  readonly isCut: IsCut;
}

/** Gathers the requests of one cell. */
export class SummaryCell {
  readonly #of: SummaryKey;
  readonly #seconds = new QuantileSketch();
  #failed = 0;
  #contradicted = 0;
  #cut = 0;
  #tokenless = 0;

  constructor(of: SummaryKey) {
    this.#of = of;
  }

  add(record: TtftRecord, { includeContradicted, firstToken, isCut }: SummaryCounting): void {
    const { outcome, evidence, cache_state } = record;
    const seconds = firstTokenSeconds(record, firstToken);
    if (outcome !== "ok") {
      this.#failed++;
      return;
    }
    if (isCut(record)) {
      this.#cut++;
      return;
    }
    if (evidence === "contradicted" && cache_state !== null) this.#contradicted++;
    if (seconds === null) this.#tokenless++;
    else if (includeContradicted || evidence !== "contradicted") this.#seconds.add(seconds);
  }

  get row(): TtftSummaryRow {
    const seconds = this.#seconds;
    return {
      ...this.#of,
      n: seconds.n,
      failed_n: this.#failed,
      contradicted_n: this.#contradicted,
      cut_n: this.#cut,
      tokenless_n: this.#tokenless,
      mean_seconds: seconds.mean,
      min_seconds: seconds.min,
      p25_seconds: seconds.quantile(0.25),
      median_seconds: seconds.quantile(0.5),
      p75_seconds: seconds.quantile(0.75),
      p95_seconds: seconds.quantile(0.95),
      max_seconds: seconds.max,
      is_exact: seconds.isExact,
    };
  }
}
