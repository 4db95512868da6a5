/**
 * What LMCache's blend engine finds of a prompt, and what it keeps of it.
 *
 * It keeps whole KV chunks from a prompt's first token on, by all tokens up to them; all but the first it also finds by their own
 * tokens, at any place behind the beginning that it has found. Salts keep prompts apart.
 *
 * Source: LMCache `lmcache/v1/multiprocess/modules/blend`: `store.py` (`start_chunk_idx`), `matcher.py`
 * (`match_sub_sequence`), `lookup.py` (`_non_overlapping_after_prefix`).
 */
export function lmcacheBlend(chunkTokens: number): (ids: readonly number[], salt: unknown) => number {
  const beginnings = new Set<string>();
  const contents = new Set<string>();
  return (ids, salt) => {
    const key = (from: number, to: number) => `${String(salt)}: ${ids.slice(from, to)}`;
    let found = 0;
    while (found + chunkTokens <= ids.length && beginnings.has(key(0, found + chunkTokens)))
      found += chunkTokens;
    let cached = found;
    for (let at = found; at + chunkTokens <= ids.length; ) {
      if (contents.has(key(at, at + chunkTokens))) {
        cached += chunkTokens;
        at += chunkTokens;
      } else at += 1;
    }
    for (let at = 0; at + chunkTokens <= ids.length; at += chunkTokens) {
      beginnings.add(key(0, at + chunkTokens));
      if (at > 0) contents.add(key(at, at + chunkTokens));
    }
    // The last token is always computed.
    return Math.min(cached, ids.length - 1);
  };
}
