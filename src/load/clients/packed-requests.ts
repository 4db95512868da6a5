import { sharedBytes } from "../../wire/shared-bytes.js";

/** The requests of a load as sent over the wire, in memory shared by all its threads. */
export interface PackedBytes {
  readonly slabs: readonly SharedArrayBuffer[];
  /** Of each request in turn: the index of its slab, where it begins there, and its length. */
  readonly places: Float64Array<SharedArrayBuffer>;
}

const WIDTH = 3;

/** Packs requests so that they can be passed to a thread at no cost; copies those that are not in shared memory yet. */
export function packRequests(requests: readonly Uint8Array[]): PackedBytes {
  const places = new Float64Array(new SharedArrayBuffer(8 * WIDTH * requests.length));
  const slabs = new Map<SharedArrayBuffer, number>();
  for (const [i, request] of requests.entries()) {
    const bytes = isShared(request) ? request : sharedCopy(request);
    const slab = bytes.buffer as SharedArrayBuffer;
    if (!slabs.has(slab)) slabs.set(slab, slabs.size);
    places.set([slabs.get(slab)!, bytes.byteOffset, bytes.length], WIDTH * i);
  }
  return { slabs: [...slabs.keys()], places };
}

const isShared = ({ buffer }: Uint8Array): boolean => buffer instanceof SharedArrayBuffer;

function sharedCopy(request: Uint8Array): Buffer {
  const bytes = sharedBytes(request.length);
  bytes.set(request);
  return bytes;
}

/** The bytes of each request of a plan; if only one was packed, all are the same. */
export class PackedRequests {
  readonly #packed: PackedBytes;
  readonly #only: Buffer | null;

  constructor(packed: PackedBytes) {
    this.#packed = packed;
    this.#only = packed.places.length === WIDTH ? this.#bytesAt(0) : null;
  }

  bytesOf(request: number): Buffer {
    return this.#only ?? this.#bytesAt(request);
  }

  #bytesAt(request: number): Buffer {
    const { slabs, places } = this.#packed;
    const at = WIDTH * request;
    return Buffer.from(slabs[places[at]!]!, places[at + 1]!, places[at + 2]!);
  }
}
