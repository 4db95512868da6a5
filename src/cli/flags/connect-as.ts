import { connect } from "../../client/connect.js";
import type { Server } from "../../client/server.js";
import { withoutKeys } from "../../domain/secrets/named-secrets.js";
import type { Console } from "../screen/console.js";
import { KEY_VARIABLES, type ServerFlags } from "./flags.js";
import { chooseKey } from "./key-sources.js";

/**
 * Connects as the flags say, to their server or to another one with the same key, model and patience. The signal ends
 * whatever is asked of it. A key of the environment is named on the standard error, by its variable.
 */
export function connectAs(
  flags: ServerFlags,
  { err }: Pick<Console, "err">,
  signal: AbortSignal,
  url = flags.api_base,
): Promise<Server> {
  const { key, variable } = chooseKey(flags.api_key, KEY_VARIABLES, "EMPTY", process.env);
  // Nobody is sent a key that the user did not mean for it without a word.
  if (variable !== null)
    err.write(`${withoutKeys(url)} is sent the key of ${variable}; --api_key EMPTY sends none.\n`);
  return connect(url, {
    apiKey: key,
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
