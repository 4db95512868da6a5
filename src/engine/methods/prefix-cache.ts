import { hash } from "node:crypto";
import { BLOCK_TOKENS, type KvStore, type Stored } from "../compute/kv-store.js";
import type { Transformer } from "../compute/transformer.js";

const KEY = "prefix ";

/**
 * Prefix caching by blocks, as in vLLM: a block is found again under the hash of all tokens up to its end, so only
 * after exactly the same beginning. Caches of different salts never share.
 */
export class PrefixCache {
  readonly #store: KvStore;

  constructor(store: KvStore) {
    this.#store = store;
  }

  /** The stored blocks that `tokens` begin with, as many as there are without a gap. */
  find(tokens: Int32Array, salt: string): readonly Stored[] {
    const found: Stored[] = [];
    const keys = blockKeys(tokens, salt);
    for (const key of keys) {
      const block = this.#store.get(key);
      if (block === null) break;
      found.push(block);
    }
    touchBackwards(this.#store, keys.slice(0, found.length));
    return found;
  }

  /** Stores the whole blocks of a context that was computed from its first token on. */
  save(tokens: Int32Array, salt: string, transformer: Transformer): void {
    // Of a context longer than the store, the beginning is kept: the rest would never be found without it.
    const keys = blockKeys(tokens, salt).slice(0, this.#store.capacityBlocks);
    const missing = keys.findIndex((key) => !this.#store.has(key));
    if (missing < 0) return;
    touchBackwards(this.#store, keys.slice(0, missing));
    for (let block = missing; block < keys.length; block++) {
      this.#store.put(keys[block]!, BLOCK_TOKENS, (layer) =>
        transformer.computed(layer, block * BLOCK_TOKENS),
      );
    }
    touchBackwards(this.#store, keys);
  }

  /** Forgets every prefix. */
  clear(): void {
    this.#store.clear(KEY);
  }
}

/** The first block ends up as the most recently used: a prefix is evicted from its end. */
function touchBackwards(store: KvStore, keys: readonly string[]): void {
  for (let i = keys.length - 1; i >= 0; i--) store.get(keys[i]!);
}

/** One key for every whole block, each a hash of the key before it and the block's own tokens. */
function blockKeys(tokens: Int32Array, salt: string): readonly string[] {
  const keys: string[] = [];
  let before = salt;
  for (let end = BLOCK_TOKENS; end <= tokens.length; end += BLOCK_TOKENS) {
    before = hash(
      "sha256",
      `${JSON.stringify(before)} ${tokens.subarray(end - BLOCK_TOKENS, end).join()}`,
      "hex",
    );
    keys.push(KEY + before);
  }
  return keys;
}
