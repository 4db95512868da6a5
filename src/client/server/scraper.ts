import type { Redact } from "../../domain/secrets/redactor.js";
import { parsePrometheus, type Sample } from "../../servers/profile/prometheus.js";
import { wantedOfScrape } from "../../servers/recognise.js";
import type { Endpoint } from "../../wire/endpoint.js";
import type { Headers } from "../../wire/http-request.js";
import { createTransport } from "../../wire/transport.js";
import { type Call, createCall } from "./call.js";
import type { Recognition } from "./facts.js";

/** What a scraper needs of a connected server. */
export interface ScraperContext {
  readonly endpoint: Endpoint;
  readonly headers: Headers;
  readonly ca: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly redact: Redact;
  readonly cacheCall: Call | null;
}

/** Reads a server's counters over a separate connection, so that the timed ones are left alone. */
export interface Scraper {
  scrape(recognition: Recognition): Promise<readonly Sample[] | null>;
  close(): void;
}

const TIMEOUT_SECONDS = 5;

export function createScraper({ endpoint, headers, ca, signal, redact, cacheCall }: ScraperContext): Scraper {
  const transport = createTransport(endpoint, { timeoutSeconds: TIMEOUT_SECONDS, ca });
  const limits = { timeoutSeconds: TIMEOUT_SECONDS, idleTimeoutSeconds: TIMEOUT_SECONDS, signal };
  const call = createCall({ endpoint, transport, headers, limits, redact });
  const read = async (ask: Call, path: string): Promise<readonly Sample[]> => {
    const answer = await ask("GET", path, undefined, wantedOfScrape());
    return answer.how === "answered" && answer.status === 200 ? parsePrometheus(answer.body) : [];
  };
  return {
    async scrape({ profile, hasMetrics }) {
      if (profile.counters === null || !hasMetrics) return null;
      const scrapes = await Promise.all([
        read(call, `${endpoint.rootPath}/metrics`),
        ...(cacheCall === null ? [] : [read(cacheCall, "/metrics")]),
      ]);
      const samples = scrapes.flat();
      return samples.length === 0 ? null : samples;
    },
    close: () => transport.close(),
  };
}
