import type { ModelTokenizer } from "../model/model-tokenizer.js";

/** What a request is checked against. */
export interface Limits {
  readonly model: string;
  readonly maxTokens: number;
  readonly layers: number;
  /** The capacity of the KV store, in blocks. */
  readonly capacityBlocks: number;
  readonly tokenizer: ModelTokenizer;
}
