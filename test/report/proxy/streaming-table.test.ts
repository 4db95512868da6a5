import { describe, expect, it } from "vitest";
import { streamingTable } from "../../../src/report/proxy/streaming-table.js";
import { proxyRows } from "../proxy-rows.js";

/** Streams of 11 chunks sent 10 ms apart; through the proxy the first comes 5 ms later. */
const streams = (proxied = {}, direct = {}, both = {}) =>
  proxyRows({ mode: "stream", places: 20, chunks: 11, sent_span_seconds: 0.1, ...both }, () => ({
    direct: {
      ttft_seconds: 0.02,
      e2e_seconds: 0.12,
      first_lag_seconds: 0.001,
      last_lag_seconds: 0.001,
      coalesced_chunks: 0,
      coalesced_at_start_chunks: 0,
      ...direct,
    },
    proxied: {
      ttft_seconds: 0.025,
      e2e_seconds: 0.125,
      first_lag_seconds: 0.006,
      last_lag_seconds: 0.006,
      coalesced_chunks: 0,
      coalesced_at_start_chunks: 0,
      ...proxied,
    },
  }));
const rowOf = (...fields: Parameters<typeof streams>) => streamingTable(streams(...fields)).rows[0]!;

describe("streamingTable", () => {
  it("tells TTFT, the overhead in it and the lags, direct and proxied", () => {
    const row = rowOf();
    expect(row).toMatchObject({
      direct_ttft_p50_seconds: 0.02,
      proxied_ttft_p50_seconds: 0.025,
      direct_first_lag_seconds: 0.001,
      proxied_last_lag_seconds: 0.006,
      sent_gap_seconds: 0.01,
      fidelity: "as sent",
      fidelity_reason: null,
    });
    expect(row.ttft_overhead_seconds).toBeCloseTo(0.005, 12);
    expect(row.ttft_overhead_low_seconds).toBeCloseTo(0.005, 12);
  });

  // By the rule: of 10 chunks that could be coalesced, more than 1 is some and 5 are most.
  it.each([
    [1, "as sent", 0.1],
    [2, "holds some", 0.2],
    [5, "holds", 0.5],
    [10, "holds", 1],
  ] as const)("says of %d coalesced chunks in 10 that the proxy passes them: %s", (coalesced_chunks, fidelity, share) => {
    expect(rowOf({ coalesced_chunks })).toMatchObject({ fidelity, proxied_coalesced_share: share });
  });

  // By the rule: only what is held after the start is holding, where more than a twentieth of the chunks come after it.
  it.each([
    [1, 1, 0.09, "as sent"],
    [2, 2, 0.09, "late start"],
    [9, 9, 0.09, "late start"],
    [10, 9, 0.09, "holds"],
    [6, 5, 0.09, "holds some"],
    [10, 10, 0.002, "holds"],
    [10, 10, 0.04, "holds or late"],
  ] as const)("says of %d coalesced chunks in 10, %d at the start, the last after %d s: %s", (held, start, lag, fidelity) => {
    const row = rowOf({ coalesced_chunks: held, coalesced_at_start_chunks: start, last_lag_seconds: lag });
    expect(row).toMatchObject({ fidelity, proxied_coalesced_at_start_share: start / 10 });
  });

  it("gives no verdict where chunks were sent all at once, have no stamps, or came in bursts without the proxy", () => {
    expect(rowOf({ coalesced_chunks: 10 }, {}, { sent_span_seconds: 0.000_1 })).toMatchObject({
      fidelity: null,
      fidelity_reason: "chunks were sent less than 1 ms apart: let the provider wait between them",
    });
    expect(rowOf({ coalesced_at_start_chunks: null })).toMatchObject({
      fidelity: null,
      proxied_coalesced_share: null,
    });
    expect(rowOf({ coalesced_chunks: null })).toMatchObject({
      fidelity: null,
      proxied_coalesced_share: null,
    });
    expect(rowOf({ coalesced_chunks: 10 }, { coalesced_chunks: 9 }).fidelity_reason).toContain(
      "direct streams come in bursts",
    );
  });

  it("has no lag where chunks came before they were sent", () => {
    const table = streamingTable(streams({ first_lag_seconds: -0.3 }));
    expect(table.rows[0]).toMatchObject({ direct_first_lag_seconds: 0.001, proxied_first_lag_seconds: null });
    expect(table.text).toContain("the provider's clock differs from the client's");
  });

  it("leaves chats out", () => {
    expect(streamingTable(proxyRows({}, () => ({ direct: {}, proxied: {} }))).rows).toEqual([]);
  });

  it("fits a terminal of 100 columns", () => {
    const widest = Math.max(
      ...streamingTable(streams())
        .text.split("\n")
        .map((line) => line.length),
    );
    expect(widest).toBeLessThanOrEqual(100);
  });
});
