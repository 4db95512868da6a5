/** How LMCache tells chunks apart: by a separator's tokens between them, or by the content of its own KV chunks. */
export const LMCACHE_PROTOCOLS = ["separator", "chunks"] as const;
export type LmcacheProtocol = (typeof LMCACHE_PROTOCOLS)[number];
