import type { JsonObject } from "../domain/json.js";
import type { ChunkedPrompt } from "../domain/records/chunked-prompt.js";
import type { Task } from "../domain/records/example.js";
import type { TokenBudget } from "../domain/records/token-count.js";
import type { WorkloadKind } from "../domain/records/words.js";
import type { Random } from "../stats/random.js";

/** What a load asks: a workload makes the requests of one block after another, all before the block's clock starts. */
export interface Workload {
  readonly kind: WorkloadKind;
  /** Its options, as the manifest tells them. */
  readonly settings: JsonObject;
  /**
   * The documents that a cache of chunks can be filled with beforehand, a prompt for each few of them; empty where there are
   * none. Their pieces are those of the requests that follow.
   */
  documents(tokens: TokenBudget, draw: WorkloadDraw): Promise<readonly ChunkedPrompt[]>;
  /** The requests of one block, in the order of their starts. */
  requests(tokens: TokenBudget, block: WorkloadBlock): Promise<readonly WorkloadRequest[]>;
}

/** Where a workload's choices come from. */
export interface WorkloadDraw {
  /** Draws texts: forked by a label's name and new in every run, so that no earlier run or other label has left them in a cache. */
  readonly texts: Random;
  /** Draws everything else, such as which documents a request has: the same for all labels, from the seed. */
  readonly order: Random;
}

/** A block of requests to be made. */
export interface WorkloadBlock extends WorkloadDraw {
  readonly count: number;
  /** How many requests its label has been asked before, in all earlier blocks: what is drawn without end goes on from there. */
  readonly before: number;
}

/** The tokens of a prompt, piece by piece. */
export interface PieceTokens {
  readonly prefix: number;
  readonly chunks: readonly number[];
  readonly question: number;
}

/** One request of a workload. */
export interface WorkloadRequest {
  /** Its pieces: what it begins with, its documents or its history, and what is asked. */
  readonly prompt: ChunkedPrompt;
  /** Tokens of prefix and chunks together, by the counter. */
  readonly contextTokens: number;
  /** Tokens of each piece by the counter, where it stands; of prompts that are made here, they add up to the whole prompt's. */
  readonly pieceTokens: PieceTokens;
  /** Names of its chunks where they are documents: of one label, one name is one text throughout the run; null elsewhere. */
  readonly documents: readonly string[] | null;
  readonly session: string | null;
  /** From 1. */
  readonly turn: number | null;
  readonly maxTokens: number;
  /** When it starts, after the block's start, where the workload says so itself (a trace, a session's pauses); else null. */
  readonly startsAtSeconds: number | null;
  /** What its answer is scored by; null where it is not. */
  readonly example: ScoredExample | null;
}

/** An example of a dataset, as far as its answer's score needs it. */
export interface ScoredExample {
  readonly id: string;
  readonly dataset: string;
  readonly task: Task;
  /** What its answer is scored by unless another metric is asked for. */
  readonly metric: string;
  readonly references: readonly string[];
  /** Texts at which its answer is over; null for none. */
  readonly stop: readonly string[] | null;
}
