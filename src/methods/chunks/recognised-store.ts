import type { Server } from "../../client/server.js";
import type { ProfileName } from "../../servers/profile/profile.js";
import type { ChunkStore } from "./chunk-store.js";
import { engineChunks } from "./engine-chunks.js";
import { forkChunks } from "./fork-chunks.js";

/** Servers that store chunks in a way of their own. */
const RECOGNISED: ReadonlyMap<ProfileName, ChunkStore> = new Map([
  ["embedded-engine", engineChunks],
  ["cacheblend-bridge", forkChunks],
]);

/** How a server stores chunks, as its own answers show; null if they don't. */
export async function recognisedStore(server: Server): Promise<ChunkStore | null> {
  return RECOGNISED.get((await server.recognise()).profile.name) ?? null;
}
