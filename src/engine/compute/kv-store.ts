import type { Arena } from "../wasm/arena.js";

/** Tokens whose keys and values are stored together. */
export const BLOCK_TOKENS = 16;

/** Stored keys and values of consecutive tokens: `tokens` of them in the given blocks. */
export interface Stored {
  readonly tokens: number;
  readonly blocks: readonly number[];
}

/**
 * Keys (not rotated) and values of past tokens, under a key that says what they were computed from.
 *
 * The store contains a fixed number of blocks; when it is full, the least recently used entries are evicted. What an entry's
 * key means is for its user to know.
 */
export class KvStore {
  readonly capacityBlocks: number;
  readonly #entries = new Map<string, Stored>();
  readonly #free: number[];
  readonly #arena: Arena;
  readonly #base: number;
  readonly #layers: number;
  readonly #rowFloats: number;

  /** Room for `tokens` tokens, in whole blocks; a row is one token's keys and values in one layer. */
  constructor(arena: Arena, tokens: number, layers: number, rowFloats: number) {
    this.capacityBlocks = Math.floor(tokens / BLOCK_TOKENS);
    this.#arena = arena;
    this.#layers = layers;
    this.#rowFloats = rowFloats;
    this.#base = arena.allocate(this.capacityBlocks * layers * BLOCK_TOKENS * rowFloats);
    this.#free = Array.from({ length: this.capacityBlocks }, (_, i) => this.capacityBlocks - 1 - i);
  }

  /** Tokens that are stored now. */
  get tokens(): number {
    let tokens = 0;
    for (const entry of this.#entries.values()) tokens += entry.tokens;
    return tokens;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** The entry, which becomes the most recently used one. */
  get(key: string): Stored | null {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  /**
   * Stores `tokens` rows of every layer, copied from `rowsOf(layer)`, as the most recently used entry.
   *
   * False if they are more than fit into the whole store; nothing is evicted then.
   */
  put(key: string, tokens: number, rowsOf: (layer: number) => number): boolean {
    const needed = Math.ceil(tokens / BLOCK_TOKENS);
    if (needed > this.capacityBlocks) return false;
    this.#remove(key);
    for (const oldest of this.#entries.keys()) {
      if (this.#free.length >= needed) break;
      this.#remove(oldest);
    }
    const blocks = this.#free.splice(this.#free.length - needed, needed).reverse();
    for (let layer = 0; layer < this.#layers; layer++) {
      const rows = rowsOf(layer);
      blocks.forEach((block, i) => {
        const first = i * BLOCK_TOKENS;
        const count = Math.min(BLOCK_TOKENS, tokens - first);
        this.#arena.copy(
          rows + first * this.#rowFloats * 4,
          this.rows(block, layer),
          count * this.#rowFloats,
        );
      });
    }
    this.#entries.set(key, { tokens, blocks });
    return true;
  }

  /** Forgets every entry whose key starts with `prefix`. */
  clear(prefix = ""): void {
    for (const key of [...this.#entries.keys()]) if (key.startsWith(prefix)) this.#remove(key);
  }

  /** Where a block's rows of one layer lie. */
  rows(block: number, layer: number): number {
    return this.#base + (block * this.#layers + layer) * BLOCK_TOKENS * this.#rowFloats * 4;
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    for (const block of entry.blocks) this.#free.push(block);
  }
}
