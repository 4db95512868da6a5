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

  constructor(packed: PackedBytes) {
    this.#packed = packed;
  }

  bytesOf(request: number): Buffer {
    const { bytes, edges } = this.#packed;
    const place = edges.length === 2 ? 0 : request;
    return Buffer.from(bytes.buffer, edges[place]!, edges[place + 1]! - edges[place]!);
  }
}
