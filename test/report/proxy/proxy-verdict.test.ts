import { describe, expect, it } from "vitest";
import { proxyTable } from "../../../src/report/proxy/proxy-table.js";
import { proxyVerdicts, streamingVerdicts } from "../../../src/report/proxy/proxy-verdict.js";
import { streamingTable } from "../../../src/report/proxy/streaming-table.js";
import { proxyRows } from "../proxy-rows.js";

/** In each block every proxied request takes so much longer than its direct one. */
const adding = (seconds: (block: number) => number, more: Parameters<typeof proxyRows>[0] = {}) =>
  proxyRows({ concurrency: 100, blocks: 8, places: 60, ...more }, (block) => ({
    direct: { e2e_seconds: 0.1, ttft_seconds: 0.05, block_seconds: 1 },
    proxied: { e2e_seconds: 0.1 + seconds(block), ttft_seconds: 0.05 + seconds(block), block_seconds: 2 },
  }));
const verdictOf = (rows: ReturnType<typeof adding>) => proxyVerdicts(proxyTable(rows).rows)[0]!;

describe("proxyVerdicts", () => {
  it("says what a proxy adds, with its interval, and how many of the requests a second come through", () => {
    expect(verdictOf(adding(() => 0.004))).toBe(
      "litellm, chat × 100: adds 4.00 ms [4.00, 4.00] to a request (median of 480 pairs, 95 % CI). " +
        "Throughput through it: 50.0 % [50.0, 50.0] of the direct requests/s.",
    );
  });

  it("does not say that a proxy adds something where the interval includes 0", () => {
    expect(verdictOf(adding((block) => (block % 2 === 0 ? 0.001 : -0.001)))).toMatch(
      /^litellm, chat × 100: what it adds to a request is not distinguishable from zero: \S+ ms \[−1\.00, 1\.00\] /,
    );
  });

  it("says that a proxy answers sooner than its provider", () => {
    expect(verdictOf(adding(() => -0.02))).toContain("takes 20.0 ms [20.0, 20.0] off a request");
  });

  it("gives the reason where there is no interval, and where there is no overhead", () => {
    expect(verdictOf(adding(() => 0.004, { blocks: 3 }))).toContain(
      "without an interval: 3 blocks of requests: an interval needs at least 6.",
    );
    expect(verdictOf(adding(() => 0.004).filter(({ target }) => target === "proxied"))).toContain(
      "is not known: no direct and proxied request have the same position in their blocks.",
    );
  });

  it("says how many requests failed, and that the client may have been the limit", () => {
    const rows = adding(() => 0.004, { client_cpu: 0.97 }).map((row) =>
      row.target === "proxied" && row.run_index === 1
        ? { ...row, outcome: "error" as const, error: "HTTP 500", failure: "bad status" as const }
        : row,
    );
    expect(verdictOf(rows)).toContain(
      "Failed: 8 of 480 through it, 0 of 480 direct. In 16 of 16 loads the client itself may have been the limit.",
    );
  });
});

describe("streamingVerdicts", () => {
  const chunked = (coalesced_chunks: number, coalesced_at_start_chunks = 0) =>
    adding(() => 0.004, { mode: "stream", concurrency: 20, chunks: 20, sent_span_seconds: 0.19 }).map(
      (row) => ({
        ...row,
        coalesced_chunks: row.target === "direct" ? 0 : coalesced_chunks,
        coalesced_at_start_chunks: row.target === "direct" ? 0 : coalesced_at_start_chunks,
      }),
    );
  it.each([
    [0, 0, "It passes chunks as they are sent."],
    [
      19,
      0,
      "It holds chunks and releases them together: 100 % of the chunks came together with the one before.",
    ],
    [
      5,
      5,
      "It begins late, and 26.3 % of the chunks came together right after the first; from then on it passes them as they are sent.",
    ],
    [
      19,
      19,
      "It does not stream: 100 % of the chunks came together right after the first. It either holds chunks or begins only when " +
        "the stream is over; a longer stream would tell which.",
    ],
  ])("says of %d coalesced chunks in 19, %d of them at the start, what the proxy does", (held, start, sentence) => {
    const [verdict] = streamingVerdicts(streamingTable(chunked(held, start)).rows);
    expect(verdict).toBe(
      `litellm, stream × 20: adds 4.00 ms [4.00, 4.00] to the TTFT (median of 480 pairs, 95 % CI). ${sentence}`,
    );
  });
});
