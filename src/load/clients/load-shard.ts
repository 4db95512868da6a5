import type { AnswerMode } from "../../domain/records/words.js";
import type { Endpoint } from "../../wire/endpoint.js";
import type { PackedSamples } from "../answers/samples.js";
import type { WatchReport } from "./client-watch.js";
import type { HistogramData } from "./histogram.js";
import type { PackedBytes } from "./packed-requests.js";

/** One thread's shard of a load; it can be handed to another thread. */
export interface LoadShard {
  readonly endpoint: Endpoint;
  readonly requests: PackedBytes;
  readonly keeps: KeptOfAnswers;
  readonly mode: AnswerMode;
  readonly timeoutSeconds: number;
  readonly idleTimeoutSeconds: number;
  /** Never to be shown in an error. */
  readonly secrets: readonly string[];
  /** The zero of all times, on the monotonic clock that threads share. */
  readonly origin: bigint;
  readonly arrivals: ShardArrivals;
}

/** What is kept of answers besides their numbers. */
export interface KeptOfAnswers {
  /** Every time between successive contents. */
  readonly gaps: boolean;
  readonly text: boolean;
}

export type ShardArrivals =
  | {
      readonly kind: "closed";
      readonly places: number;
      readonly requests: number;
      /** How many of the requests have been taken, by all threads. */
      readonly taken: Int32Array<SharedArrayBuffer>;
    }
  | {
      readonly kind: "open";
      /** Nanoseconds after the start, ascending. */
      readonly schedule: Float64Array<ArrayBuffer>;
      /** Their positions in the plan: the first, and the distance from each to the next. */
      readonly requests: { readonly first: number; readonly step: number };
      /** Connections opened before the start, and the maximum. */
      readonly connections: { readonly first: number; readonly most: number };
    };

export interface ShardResult {
  readonly samples: PackedSamples;
  readonly watch: WatchReport;
  /** How late requests were picked up after they were due, in nanoseconds. */
  readonly lateness: HistogramData;
}

/** A shard whose connections are open. */
export interface ReadyShard {
  /** Begins at this moment, in nanoseconds after the origin; rejects with the signal's reason. */
  run(startNs: number): Promise<ShardResult>;
}
