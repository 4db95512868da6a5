import type { ProxyRecord } from "../../src/domain/records/record-kinds.js";

type Fields = Partial<Omit<ProxyRecord, "outcome" | "error">> & {
  readonly outcome?: ProxyRecord["outcome"];
  readonly error?: string;
};

/** One request of a proxy log; what is not said is null, and the request ended well. */
export const proxyRow = (fields: Fields): ProxyRecord => {
  const { outcome = "ok", error = "it failed", ...rest } = fields;
  return {
    run_index: 1,
    target: "direct",
    mode: "chat",
    concurrency: 10,
    e2e_seconds: null,
    ttft_seconds: null,
    status: outcome === "ok" ? 200 : null,
    failure: null,
    label: "litellm",
    model: "mock",
    rate_per_second: null,
    repeat: 1,
    block: 1,
    wait_seconds: null,
    connect_seconds: 0,
    first_byte_seconds: null,
    chunks: null,
    content_bytes: null,
    itl_seconds: null,
    itl_p99_seconds: null,
    tpot_seconds: null,
    output_tokens: null,
    finish_reason: null,
    first_lag_seconds: null,
    last_lag_seconds: null,
    sent_span_seconds: null,
    received_span_seconds: null,
    retry_after_seconds: null,
    coalesced_chunks: null,
    coalesced_at_start_chunks: null,
    overhead_header_seconds: null,
    block_seconds: null,
    client_cpu: null,
    client_delay_seconds: null,
    client_limit: null,
    started_at: null,
    ...(outcome === "ok" ? { outcome, error: null } : { outcome, error }),
    ...rest,
  };
};

/** What the two requests in one place of one block are like. */
export type PlaceOf = (
  block: number,
  place: number,
) => { readonly direct: Fields | null; readonly proxied: Fields | null };

/** The rows of one proxy under one load: in each block the direct load and then the proxied one. */
export const proxyRows = (
  { blocks = 6, places = 20, ...common }: Fields & { readonly blocks?: number; readonly places?: number },
  of: PlaceOf,
): ProxyRecord[] =>
  Array.from({ length: blocks }, (_, index) =>
    (["direct", "proxied"] as const).flatMap((target) =>
      Array.from({ length: places }, (_, place) => {
        const fields = of(index + 1, place + 1)[target];
        return fields === null
          ? []
          : proxyRow({ ...common, target, block: index + 1, run_index: place + 1, ...fields });
      }).flat(),
    ),
  ).flat();
