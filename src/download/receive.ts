import { DownloadError } from "./download-error.js";
import { onDisk } from "./on-disk.js";
import type { PartFile } from "./part-file.js";
import { watchRoom } from "./room.js";

/** How one attempt ended: with the complete file, or cut, so that another attempt may continue. */
export type Received =
  | { readonly how: "whole"; readonly totalBytes: number | null }
  | { readonly how: "cut"; readonly reason: string; readonly waitSeconds?: number; readonly cause?: unknown };

/** Options of a request for a part. */
interface Asking {
  readonly signal: AbortSignal;
  readonly idleTimeoutSeconds: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Requests once what a part file lacks and appends it.
 *
 * @param onBytes called with the length of the file after every piece.
 * @throws DownloadError if another attempt can't help, and the signal's reason if aborted.
 */
export async function receive(
  url: string,
  part: PartFile,
  { signal, idleTimeoutSeconds, headers: given = {} }: Asking,
  onBytes: (totalBytes: number | null) => void,
): Promise<Received> {
  const canContinue = part.bytes > 0 && part.validator !== null;
  // If compressed in transfer, a file's length and ranges would not be those of its bytes.
  const headers: Record<string, string> = { ...given, "accept-encoding": "identity" };
  if (canContinue) Object.assign(headers, { range: `bytes=${part.bytes}-`, "if-range": part.validator });
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(), idleTimeoutSeconds * 1_000);
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.any([signal, stalled.signal]) });
    const begun = await begin(url, part, response, canContinue);
    if (begun.how !== "continues") {
      await response.body?.cancel();
      return begun;
    }
    const room = watchRoom(part.path);
    for await (const bytes of response.body ?? []) {
      timer.refresh();
      await onDisk(url, part.path, async () => {
        await room(bytes.length);
        await part.append(bytes);
      });
      onBytes(begun.totalBytes);
    }
    const { totalBytes } = begun;
    if (totalBytes === null || part.bytes === totalBytes) return { how: "whole", totalBytes };
    return { how: "cut", reason: `it ended after ${part.bytes} of ${totalBytes} bytes` };
  } catch (cause) {
    signal.throwIfAborted();
    if (stalled.signal.aborted)
      return { how: "cut", reason: `no byte came for ${idleTimeoutSeconds} s`, cause };
    if (cause instanceof DownloadError) throw cause;
    return fromNetwork(url, cause);
  } finally {
    clearTimeout(timer);
  }
}

type Begun = Received | { readonly how: "continues"; readonly totalBytes: number | null };

/** Reads the answer's head and makes the part file ready for its body. */
async function begin(url: string, part: PartFile, response: Response, asked: boolean): Promise<Begun> {
  const { status, headers } = response;
  const restart = (validator: string | null): Promise<void> =>
    onDisk(url, part.path, () => part.begin(validator));

  if (status === 206 && asked) {
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get("content-range") ?? "");
    const isSame = validatorOf(headers) === null || validatorOf(headers) === part.validator;
    if (range !== null && Number(range[1]) === part.bytes && isSame) {
      return { how: "continues", totalBytes: Number(range[2]) };
    }
    await restart(null);
    return { how: "cut", reason: "the server sent a different part than requested, or a different version" };
  }
  if (status === 416 && asked) {
    if (headers.get("content-range") === `bytes */${part.bytes}`)
      return { how: "whole", totalBytes: part.bytes };
    await restart(null);
    return { how: "cut", reason: "the server has fewer bytes than were already received" };
  }
  if (status === 200) {
    if (headers.get("content-type")?.startsWith("text/html")) {
      throw new DownloadError(`${url} is a web page, not a file; open it in a browser.`, {
        url,
        status,
      });
    }
    const isEncoded = (headers.get("content-encoding") ?? "identity") !== "identity";
    const length = headers.get("content-length");
    await restart(isEncoded ? null : validatorOf(headers));
    return { how: "continues", totalBytes: isEncoded || length === null ? null : Number(length) };
  }
  if (PASSING.has(status)) {
    // A date counts as none: the server only asks to wait.
    const waitSeconds = Number(/^\d+$/.exec(headers.get("retry-after") ?? "")?.[0] ?? 0);
    return { how: "cut", reason: `the server answered ${status}`, waitSeconds };
  }
  throw new DownloadError(
    `${url} could not be fetched: the server answered ${status}${HINTS[status] ?? ""}.`,
    {
      url,
      status,
    },
  );
}

const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

const HINTS: Readonly<Record<number, string>> = {
  401: ", which asks for a login; fetch the file in a browser and give its path",
  403: ", which forbids it; fetch the file in a browser and give its path",
  404: ", there is no such file; it may have moved, and a mirror can be given as base URL",
};

/** Only a strong ETag, or else a date, can prove that a later part is of the same version (RFC 9110, 13.1.5). */
function validatorOf(headers: Headers): string | null {
  const tag = headers.get("etag");
  return tag?.startsWith('"') ? tag : headers.get("last-modified");
}

/** Connection errors that another attempt may avoid. */
const CUT = new Set([
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_SOCKET",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
]);

/** The error of `fetch` says nothing itself; its cause does. */
function fromNetwork(url: string, cause: unknown): Received {
  const inner = (cause as Error).cause as NodeJS.ErrnoException | undefined;
  const reason = inner?.message || inner?.code || (cause as Error).message;
  if (inner?.code !== undefined && CUT.has(inner.code)) {
    return { how: "cut", reason: `the connection broke (${reason})`, cause };
  }
  const proxy = process.env.HTTPS_PROXY ?? process.env.https_proxy;
  const hint = proxy === undefined ? "" : "; Node's fetch does not use the proxy that HTTPS_PROXY names";
  throw new DownloadError(`${url} can't be reached (${reason})${hint}. Is there a network?`, { url, cause });
}
