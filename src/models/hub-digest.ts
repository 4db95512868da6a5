import type { Digest } from "../download/digest.js";

const MOST_MOVES = 3;

/**
 * The digest of a file by the hub, from the header of its answer: SHA-256 for a large file, git's SHA-1 for others. Null if
 * it does not say, as with some mirrors.
 *
 * Source: huggingface_hub, `get_hf_file_metadata`: `X-Linked-ETag`, else `ETag`, of the answer before any redirect.
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
    // A renamed model is elsewhere on the same host; another host is not asked, and gets no login.
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
  // Other servers have tags of that length too; git's come from the hub, which also names the commit.
  return hex.length === 40 && headers.has("x-repo-commit") ? { algorithm: "git-sha1", hex } : null;
}
