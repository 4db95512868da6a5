import { setTimeout as sleep } from "node:timers/promises";
import type { Redact } from "../../domain/secrets/redactor.js";
import type { ClearRoute, Profile } from "../../servers/profile/profile.js";
import { flushCacheRoute } from "../../servers/sglang.js";
import { resetPrefixCache } from "../../servers/vllm.js";
import { parseEndpoint } from "../../wire/endpoint.js";
import type { ExchangeLimits } from "../../wire/exchange.js";
import { commonHeaders } from "../../wire/http-request.js";
import { createTransport } from "../../wire/transport.js";
import { type Answered, type Call, createCall } from "./call.js";
import type { CacheReset } from "./facts.js";

/** The servers that can be asked to clear their KV. */
export interface ClearingContext {
  readonly profile: Profile;
  readonly model: string;
  /** Path of the server's own routes. */
  readonly rootPath: string;
  readonly call: Call;
  /** Calls the store beside the server; null if none was named. */
  readonly cacheCall: Call | null;
}

/** The result of one route. */
type Cleared = "done" | "absent" | { readonly refused: string };

/** A server that is still busy with a request can't clear the blocks it holds; it is asked again. */
const ATTEMPTS = 5;
const PAUSE_MS = 200;

/**
 * Clears the tiers in the server's profile, one by one; the answer's body decides, not its status. On an unknown server,
 * vLLM's reset and SGLang's flush are tried.
 */
export async function resetCache(context: ClearingContext): Promise<CacheReset> {
  return context.profile.name === "unknown" ? tryRoutes(context) : clearTiers(context);
}

async function clearTiers(context: ClearingContext): Promise<CacheReset> {
  const { profile, cacheCall } = context;
  const how: string[] = [];
  for (const { name, clear, otherwise } of profile.tiers) {
    if (clear === null || (clear.at === "cache server" && cacheCall === null)) {
      return notCleared(
        name,
        clear === null ? "no request clears it" : "its address is not known",
        otherwise,
      );
    }
    const cleared = await follow(context, clear);
    if (cleared === "absent") return notCleared(name, `there is no ${shown(context, clear)}`, otherwise);
    if (cleared !== "done") return { done: false, reason: cleared.refused };
    how.push(`${shown(context, clear)} (${name})`);
  }
  return { done: true, how: how.join(", ") };
}

const notCleared = (tier: string, why: string, otherwise: string): CacheReset => ({
  done: false,
  reason: `${tier}: ${why}; ${otherwise}.`,
});

async function tryRoutes(context: ClearingContext): Promise<CacheReset> {
  const routes = [resetPrefixCache(), flushCacheRoute];
  for (const route of routes) {
    const cleared = await follow(context, route);
    if (cleared === "done") return { done: true, how: shown(context, route) };
    if (cleared !== "absent") return { done: false, reason: cleared.refused };
  }
  const paths = routes.map(({ path }) => path).join(" nor ");
  return {
    done: false,
    reason: `The server has neither ${paths}; vLLM has the first when it is started with VLLM_SERVER_DEV_MODE=1.`,
  };
}

/** Asks one route until it is done, or reports that it is not. */
async function follow(context: ClearingContext, route: ClearRoute): Promise<Cleared> {
  const { rootPath, call, cacheCall, model } = context;
  const name = shown(context, route);
  for (let attempt = 1; ; attempt++) {
    const json = route.body?.(model);
    const answer =
      route.at === "server"
        ? await call(route.method, `${rootPath}${route.path}`, json)
        : await cacheCall!(route.method, route.path, json);
    if (answer.how === "failed") return { refused: `${name}: ${answer.reason}` };
    const { status, said } = answer;
    if (status === 404 || status === 405 || status === 501) return "absent";
    const reading = readAnswer(answer, route);
    if (reading === "done") return "done";
    if (reading === "refused") return { refused: `${name}: ${said}` };
    if (reading === "unclear")
      return { refused: `${name}: the answer does not say whether it was cleared: ${said}` };
    if (attempt === ATTEMPTS) {
      return {
        refused: `${name} said ${ATTEMPTS} times that the cache was not cleared: the server is busy.`,
      };
    }
    await sleep(PAUSE_MS);
  }
}

function readAnswer(answer: Answered, route: ClearRoute) {
  return answer.status === 200 || answer.status === 400 ? route.read(answer) : "refused";
}

const shown = ({ rootPath }: ClearingContext, { at, method, path }: ClearRoute): string =>
  at === "server" ? `${method} ${rootPath}${path}` : `${method} ${path} of the cache server`;

/** The HTTP server of a KV store beside the measured server. */
export interface CacheServer {
  readonly call: Call;
  close(): void;
}

/**
 * Calls a KV store's own HTTP server. It is not the measured server, so it does not get the key.
 *
 * @throws OptionError for an invalid address.
 */
export function connectCacheServer(
  url: string,
  limits: ExchangeLimits,
  ca: string | undefined,
  redact: Redact,
): CacheServer {
  const endpoint = parseEndpoint(url, "cacheServer");
  const transport = createTransport(endpoint, { timeoutSeconds: limits.idleTimeoutSeconds, ca });
  const call = createCall({
    endpoint,
    transport,
    headers: commonHeaders(endpoint, null, {}),
    limits,
    redact,
  });
  return { call, close: () => transport.close() };
}
