import { randomBytes } from "node:crypto";
import { chooseKey } from "../flags/key-sources.js";
import type { Console } from "../screen/console.js";
import type { ProxyFlags } from "./proxy-flags.js";

/** The flags with the keys of both sides. */
export interface KeyedProxyFlags extends ProxyFlags {
  readonly apiKey: string;
  readonly providerKey: string;
}

/** LiteLLM's benchmark script has these; today's LiteLLM does not start with that key, which everybody knows. */
const OTHERWISE = { apiKey: "sk-1234", providerKey: "fake-provider-key" };
const newKey = (): string => `sk-${randomBytes(24).toString("hex")}`;

/**
 * The flags with the keys that were given, the environment's, or the script's, of a proxy that is started a new one; the standard error is told of the environment's.
 * OpenAI's variable is meant for servers that run already: what is started here needs no key that is worth anything.
 */
export function withKeys(flags: ProxyFlags, { err }: Pick<Console, "err">): KeyedProxyFlags {
  const isStarted = flags.proxyUrl === undefined && flags.startProxy;
  const proxy = chooseKey(
    flags.apiKey,
    ["FIRSTTOKEN_API_KEY", ...(isStarted ? [] : ["OPENAI_API_KEY"])],
    isStarted ? newKey() : OTHERWISE.apiKey,
    process.env,
  );
  const provider = chooseKey(
    flags.providerKey,
    ["FIRSTTOKEN_PROVIDER_KEY", ...(flags.providerUrl === undefined ? [] : ["OPENAI_API_KEY"])],
    OTHERWISE.providerKey,
    process.env,
  );
  if (proxy.variable !== null)
    err.write(`The proxy gets the key from ${proxy.variable}; --api-key sets another.\n`);
  if (provider.variable !== null)
    err.write(`The provider gets the key from ${provider.variable}; --provider-key sets another.\n`);
  return { ...flags, apiKey: proxy.key, providerKey: provider.key };
}
