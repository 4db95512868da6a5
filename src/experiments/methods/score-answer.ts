import type { Server } from "../../client/server.js";
import { OptionError } from "../../domain/errors/errors.js";
import { type MetricName, SCORERS, TOKEN_SCORERS } from "../../metrics/scorers.js";

/**
 * Scores an answer, from 0 to 1. A metric of token ids gets them from the server that gave the answer.
 *
 * @throws ServerError if the server does not give them.
 */
export async function scoreAnswer(
  metric: MetricName,
  prediction: string,
  references: readonly string[],
  server: Server,
): Promise<number> {
  if (!isOfTokens(metric)) return SCORERS[metric](prediction, references);
  const { score, textsOf } = TOKEN_SCORERS[metric];
  const ids = new Map<string, readonly number[]>();
  for (const text of textsOf(prediction, references)) ids.set(text, await idsOf(metric, text, server));
  return score(prediction, references, (text) => ids.get(text)!);
}

/**
 * Refuses a metric of token ids if a server does not give them, before anything is measured.
 *
 * @throws OptionError saying which server; ServerError if asking for them fails.
 */
export async function requireTokenIds(metric: MetricName, servers: readonly Server[]): Promise<void> {
  if (!isOfTokens(metric)) return;
  for (const server of new Set(servers)) await idsOf(metric, "one two three", server);
}

async function idsOf(metric: MetricName, text: string, { tokens, url }: Server): Promise<readonly number[]> {
  const ids = await tokens.encode(text);
  if (ids !== null) return ids;
  throw new OptionError(
    "metric",
    `must not be a metric of token ids: ${url} gives none (it has no /tokenize)`,
    metric,
  );
}

const isOfTokens = (metric: MetricName): metric is keyof typeof TOKEN_SCORERS =>
  Object.hasOwn(TOKEN_SCORERS, metric);
