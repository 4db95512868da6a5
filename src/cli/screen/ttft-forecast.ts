import type { Server } from "../../client/server.js";
import { aboutSeconds } from "../../domain/progress.js";
import { forecastPrefill } from "../../experiments/ttft/forecast.js";
import type { Random } from "../../stats/random.js";
import { formatNumber } from "../../tables/format.js";
import type { Console } from "./console.js";

interface Limits {
  readonly timeout_seconds: number;
  readonly idle_timeout_seconds: number;
}

/** Says beforehand what a long context will take, and which limit it will reach. */
export async function sayForecast(
  { err }: Console,
  server: Server,
  { limits, tokens }: { limits: Limits; tokens: number },
  stream: Random,
  signal: AbortSignal,
): Promise<void> {
  const forecast = await forecastPrefill(server, tokens, stream.fork("forecast"), signal);
  if (forecast === null) return;
  const { seconds, triedTokens, triedSeconds } = forecast;
  const limit = Math.min(limits.timeout_seconds, limits.idle_timeout_seconds);
  const advice =
    seconds < limit
      ? "--max_ctx_tokens asks for fewer."
      : `That is more than ${limit} s, after which the request is given up: raise --idle_timeout_seconds and ` +
        "--timeout_seconds, or ask for fewer tokens with --max_ctx_tokens.";
  err.write(
    `The first token of run 1 will take ${aboutSeconds(seconds)} or more: ${triedTokens.toLocaleString("en-US")} tokens took ` +
      `${formatNumber(triedSeconds)} s, and prefill grows at least in proportion. ${advice}\n`,
  );
}
