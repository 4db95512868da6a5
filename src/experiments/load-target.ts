import { z } from "zod";
import { connect } from "../client/connect.js";
import { softwareOf } from "../client/server.js";
import { OptionError } from "../domain/errors/errors.js";
import { redactor } from "../domain/secrets/redactor.js";
import { parseEndpoint } from "../wire/endpoint.js";

/** How busy a provider was since it was last asked, as `firsttoken mock` reports it. */
export interface ProviderLoad {
  /** CPU seconds per second; near 1, the provider was the limit. */
  readonly cpu: number;
  /** Event-loop delay, 99th percentile. */
  readonly delaySeconds: number;
}

/**
 * Where a load goes: a base URL, alone or with the key and the model to use there.
 *
 * A server from `connect` fits, but does not give its key away: write `{ url: server.url, model: server.model, apiKey }` if a
 * key is needed. A mock from `mock.serve` fits too, and then also reports how busy it was.
 */
export type LoadTarget =
  | string
  | {
      readonly url: string;
      readonly apiKey?: string;
      readonly model?: string;
      readonly load?: () => Promise<ProviderLoad>;
    };

/** A load's target with all values filled in. */
export interface ResolvedTarget {
  readonly url: string;
  readonly apiKey: string;
  readonly model: string;
  readonly load: (() => Promise<ProviderLoad>) | null;
}

/** The schema of a {@link LoadTarget}. */
export const loadTarget = () =>
  z.custom<LoadTarget>(
    (value) => typeof value === "string" || typeof (value as { url?: unknown } | null)?.url === "string",
    'must be a base URL, or an object with one such as { url: "http://localhost:4000/v1", apiKey, model }',
  );

/**
 * Fills in the missing values of a target.
 *
 * @throws OptionError for anything but a URL, and if no model is named.
 */
export function resolveTarget(
  target: LoadTarget,
  defaults: { readonly apiKey: string; readonly model?: string | undefined },
): ResolvedTarget {
  const given = typeof target === "string" ? { url: target } : target;
  const endpoint = parseEndpoint(given.url);
  const url = endpoint.url + endpoint.query;
  const model = given.model ?? defaults.model;
  if (model === undefined)
    throw new OptionError("model", `must be given, because ${url} is only an address`, model);
  return {
    url,
    apiKey: given.apiKey ?? defaults.apiKey,
    model,
    load: given.load === undefined ? null : () => given.load!(),
  };
}

/**
 * What runs at a target and which version; null if unknown, which stops no measurement. No model is named, because one that
 * is not listed would get a request.
 *
 * @throws the signal's reason when it aborts.
 */
export async function softwareAt(
  { url, apiKey }: ResolvedTarget,
  {
    headers,
    secrets,
    signal,
  }: {
    readonly headers: Readonly<Record<string, string>>;
    readonly secrets: readonly string[];
    readonly signal?: AbortSignal | undefined;
  },
): Promise<string | null> {
  try {
    const server = await connect(url, { apiKey, headers, ...(signal && { signal }) });
    try {
      const software = await softwareOf(server);
      return software === null ? null : redactor(secrets)(software);
    } finally {
      server.close();
    }
  } catch {
    signal?.throwIfAborted();
    return null;
  }
}
