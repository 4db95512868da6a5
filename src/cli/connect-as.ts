import { connect } from "../client/connect.js";
import type { Server } from "../client/server.js";
import type { ServerFlags } from "./flags.js";

/**
 * Connects as the flags say, to their server or to another one with the same key, model and patience. The signal ends
 * whatever is asked of it.
 */
export function connectAs(flags: ServerFlags, signal: AbortSignal, url = flags.api_base): Promise<Server> {
  return connect(url, {
    apiKey: flags.api_key,
    timeoutSeconds: flags.timeout_seconds,
    idleTimeoutSeconds: flags.idle_timeout_seconds,
    signal,
    ...(flags.model !== undefined && { model: flags.model }),
    ...(flags.profile !== undefined && { profile: flags.profile }),
    ...(flags.cache_server !== undefined && { cacheServer: flags.cache_server }),
    ...(flags.body !== undefined && { body: flags.body }),
    ...(flags.header !== undefined && { headers: flags.header }),
    ...(flags.tokenizer !== undefined && { tokenizer: flags.tokenizer }),
  });
}
