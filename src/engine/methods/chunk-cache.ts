import { hash } from "node:crypto";
import type { KvStore, Stored } from "../compute/kv-store.js";
import { prefill } from "../compute/prefill.js";
import type { Transformer, Work } from "../compute/transformer.js";

const KEY = "chunk ";

/**
 * Chunks cached separately: computed alone after `<bos>` and found again by their own tokens, at any position in a prompt.
 * Caches of different salts never share.
 */
export class ChunkCache {
  readonly #store: KvStore;
  readonly #transformer: Transformer;
  readonly #bos: number;

  constructor(store: KvStore, transformer: Transformer, bos: number) {
    this.#store = store;
    this.#transformer = transformer;
    this.#bos = bos;
  }

  /** The chunk's keys and values, if they are stored. */
  find(chunk: Int32Array, salt: string): Stored | null {
    return this.#store.get(keyOf(chunk, salt));
  }

  /** Computes a chunk alone and stores it; the transformer's context is overwritten. */
  *collect(chunk: Int32Array, salt: string): Work<void> {
    // A chunk that begins with `<bos>` has nothing before it.
    const skipped = chunk[0] === this.#bos ? 0 : 1;
    const alone = skipped === 0 ? chunk : Int32Array.from([this.#bos, ...chunk]);
    yield* prefill(this.#transformer, this.#store, alone, []);
    this.save(chunk, salt, skipped);
  }

  /** Stores a chunk that is in the transformer's context from `start` on, with only `<bos>` before it. */
  save(chunk: Int32Array, salt: string, start: number): void {
    this.#store.put(keyOf(chunk, salt), chunk.length, (layer) => this.#transformer.computed(layer, start));
  }

  /** Forgets every chunk. */
  clear(): void {
    this.#store.clear(KEY);
  }
}

function keyOf(chunk: Int32Array, salt: string): string {
  return KEY + hash("sha256", `${JSON.stringify(salt)} ${chunk.join()}`, "hex");
}
