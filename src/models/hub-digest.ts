import type { Digest } from "../download/digest.js";

const MOST_MOVES = 3;

/**
 * What the hub says a file must hash to, in the header of its answer: of a large file the SHA-256, of another the SHA-1 that
 * git names it by. Null where it does not say, as mirrors may not.
 *
 * Source: huggingface_hub, `get_hf_file_metadata`: `X-Linked-ETag`, else `ETag`, of the answer before it leads elsewhere.
 */
export async function hubDigest(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Digest | null> {
  let at = url;
  for (let moves = 0; moves <= MOST_MOVES; moves++) {
    const answer = await fetch(at, { method: "HEAD", redirect: "manual", headers, signal }).catch(() => {
      signal.throwIfAborted();
      return null;
    });
    if (answer === null || answer.status >= 400) return null;
    const digest = digestIn(answer.headers);
    const location = answer.headers.get("location");
    // A model that was renamed is elsewhere on the same host; what is on another host is not asked, nor told a login.
    const next = location === null ? null : new URL(location, at);
    if (digest !== null || next === null || next.origin !== new URL(at).origin) return digest;
    at = next.href;
  }
  return null;
}

function digestIn(headers: Headers): Digest | null {
  const tag = headers.get("x-linked-etag") ?? headers.get("etag") ?? "";
  const hex = /^(?:W\/)?"?([0-9a-f]+)"?$/.exec(tag)?.[1] ?? "";
  if (hex.length === 64) return { algorithm: "sha256", hex };
  // Other servers have tags of that length too; git's are the hub's, which names the commit.
  return hex.length === 40 && headers.has("x-repo-commit") ? { algorithm: "git-sha1", hex } : null;
}
