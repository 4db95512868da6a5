/** The requests of a load as sent over the wire, in memory shared by all its threads. */
export interface PackedBytes {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** Where each begins, and the last ends. */
  readonly edges: Float64Array<SharedArrayBuffer>;
}

/** Copies requests into one piece of memory, which can be passed to a thread at no cost. */
export function packRequests(requests: readonly Uint8Array[]): PackedBytes {
  const edges = new Float64Array(new SharedArrayBuffer(8 * (requests.length + 1)));
  for (const [i, { length }] of requests.entries()) edges[i + 1] = edges[i]! + length;
  const bytes = new Uint8Array(new SharedArrayBuffer(edges.at(-1)!));
  for (const [i, request] of requests.entries()) bytes.set(request, edges[i]);
  return { bytes, edges };
}

/** The bytes of each request of a plan; if only one was packed, all are the same. */
export class PackedRequests {
  readonly #packed: PackedBytes;
  readonly #only: Buffer | null;

  constructor(packed: PackedBytes) {
    this.#packed = packed;
    this.#only = packed.edges.length === 2 ? this.#bytesAt(0) : null;
  }

  bytesOf(request: number): Buffer {
    return this.#only ?? this.#bytesAt(request);
  }

  #bytesAt(place: number): Buffer {
    const { bytes, edges } = this.#packed;
    return Buffer.from(bytes.buffer, edges[place]!, edges[place + 1]! - edges[place]!);
  }
}
