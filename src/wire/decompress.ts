import { type BrotliDecompress, constants, createBrotliDecompress, createUnzip, type Unzip } from "node:zlib";

import { Recording } from "./recording.js";
import { MOST, megabytes } from "./too-long.js";

/** The encoding of a body, or `null` if it is not compressed. */
export function encodingOf(headers: Readonly<Record<string, string>>): string | null {
  const encoding = (headers["content-encoding"] ?? "").trim().toLowerCase();
  return encoding === "" || encoding === "identity" ? null : encoding;
}

/**
 * Decompresses gzip, deflate or br read by read, so that the output of each read keeps its stamp.
 *
 * A truncated body gives what can be decoded; rejects for another encoding, for damaged bytes and for more than 64 MB.
 */
export async function decompress(encoding: string, compressed: Recording): Promise<Recording> {
  const stream = decoder(encoding);
  const plain = new Recording();
  const reads: { readonly at: bigint; readonly bytes: Buffer }[] = [];
  compressed.replay((at, bytes, start, end) => reads.push({ at, bytes: bytes.subarray(start, end) }));
  let stamp = 0n;
  const take = () => {
    for (let piece = stream.read(); piece !== null; piece = stream.read()) {
      plain.append(stamp, piece, 0, piece.length);
      if (plain.length > MOST.bodyBytes)
        stream.destroy(new Error(`it holds more than ${megabytes(MOST.bodyBytes)}`));
    }
  };
  // A full decoder stops until something is read from it, and does not finish its write before.
  stream.on("readable", take);
  // It may fail while no write is waiting, after the last one.
  stream.on("error", () => {});
  try {
    for (const { at, bytes } of reads) {
      stamp = at;
      await write(stream, bytes);
      take();
      if (stream.errored !== null) throw stream.errored;
    }
  } finally {
    stream.destroy();
  }
  return plain;
}

function decoder(encoding: string): Unzip | BrotliDecompress {
  switch (encoding) {
    case "gzip":
    case "x-gzip":
    case "deflate":
      return createUnzip({ flush: constants.Z_SYNC_FLUSH });
    case "br":
      return createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH });
    default:
      throw new Error("not an encoding this client knows");
  }
}

const write = (stream: Unzip | BrotliDecompress, bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    stream.once("error", reject);
    stream.write(bytes, (error) => {
      stream.off("error", reject);
      if (error) reject(error);
      else resolve();
    });
  });
