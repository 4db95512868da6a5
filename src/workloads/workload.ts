import type { JsonObject } from "../domain/json.js";
import type { ChunkedPrompt } from "../domain/records/chunked-prompt.js";
import type { Task } from "../domain/records/example.js";
import type { TokenBudget } from "../domain/records/token-count.js";
import type { WorkloadKind } from "../domain/records/words.js";
import type { Random } from "../stats/random.js";

/** What a load asks: a workload makes the requests of one block after another, all before the block's clock starts. */
export interface Workload {
  readonly kind: WorkloadKind;
  /** Its options, as recorded in the manifest. */
  readonly settings: JsonObject;
  /**
   * The documents that a chunk cache can be filled with in advance, in prompts of a few documents each; empty if there are
   * none. Their pieces are those of the later requests.
   */
  documents(tokens: TokenBudget, draw: WorkloadDraw): Promise<readonly ChunkedPrompt[]>;
  /**
   * Requests per second by its own times, over the whole of it: a rate is reached by running all of them through faster or slower. Null
   * if it leaves times to the level; infinite if all come at once.
   */
  readonly ownRatePerSecond?: number | null;
  /** Whether it must be replayed at these times, so that no level may be asked for; default false. */
  readonly keepsOwnTimes?: boolean;
  /** What share of its prompts is to come from a cache; left out where none was asked for. */
  readonly askedHitRatio?: AskedHitRatio;
  /** The requests of one block, in the order of their starts. */
  requests(tokens: TokenBudget, block: WorkloadBlock): Promise<readonly WorkloadRequest[]>;
}

/** A share of prompts that is to come from a cache, and the lengths that were chosen for it. */
export interface AskedHitRatio {
  /** From 0 to 1. */
  readonly share: number;
  readonly sharedTokens: number;
  readonly promptTokens: number;
}

/** The sources of a workload's random choices. */
export interface WorkloadDraw {
  /**
   * For texts: forked by a label's name and new in every run, so that no earlier run or other label has left them in a cache.
   */
  readonly texts: Random;
  /** For everything else, such as the choice of documents: the same for all labels, from the seed. */
  readonly order: Random;
}

/** A block of requests to be generated. */
export interface WorkloadBlock extends WorkloadDraw {
  readonly count: number;
  /** How many requests of its label came before, in all earlier blocks: unlimited draws continue from there. */
  readonly before: number;
  /**
   * Whether this process sends a request, by its place in the block; default all. Another's needs what it shares with others: its own
   * texts, which no other request has, may be any.
   */
  isSent?(place: number): boolean;
}

/** The tokens of a prompt, piece by piece. */
export interface PieceTokens {
  readonly prefix: number;
  readonly chunks: readonly number[];
  readonly question: number;
}

/** One request of a workload. */
export interface WorkloadRequest {
  /** Its pieces: its beginning, its documents or history, and its question. */
  readonly prompt: ChunkedPrompt;
  /** Tokens of prefix and chunks together, by the counter. */
  readonly contextTokens: number;
  /** Tokens of each piece by the counter, at its position; for generated prompts they add up to the whole prompt's. */
  readonly pieceTokens: PieceTokens;
  /**
   * Names of its chunks if they are documents: within a label, a name stands for the same text throughout the run; null
   * otherwise.
   */
  readonly documents: readonly string[] | null;
  readonly session: string | null;
  /** From 1. */
  readonly turn: number | null;
  readonly maxTokens: number;
  /** The share of its prompt that it was asked to have in common with earlier ones; left out where none was. */
  readonly askedHitRatio?: number;
  /**
   * When it starts, after the block's start, if the workload itself determines it (a trace, a session's pauses); otherwise
   * null.
   */
  readonly startsAtSeconds: number | null;
  /** How its answer is scored; null if it is not. */
  readonly example: ScoredExample | null;
}

/** An example of a dataset, as far as its answer's score needs it. */
export interface ScoredExample {
  readonly id: string;
  readonly dataset: string;
  readonly task: Task;
  /** How its answer is scored unless another metric is asked for. */
  readonly metric: string;
  readonly references: readonly string[];
  /** Texts at which its answer ends; null for none. */
  readonly stop: readonly string[] | null;
}
