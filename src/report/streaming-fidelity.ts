import { median } from "../stats/quantile.js";
import type { TargetRequests } from "./proxy-target.js";

/** Whether a proxy lets chunks through as they come, or keeps them and releases several together. */
export type Fidelity = "as sent" | "holds some" | "holds";

/** A verdict, or why there is none. */
export type FidelityVerdict =
  | { readonly fidelity: Fidelity }
  | { readonly fidelity: null; readonly reason: string };

/** Chunks sent closer together than this can't be seen to be held. */
const SHORTEST_GAP_SECONDS = 0.001;
/** Of the chunks: more than this above the direct streams' share is holding. */
const SOME = 0.1;
/** Of the chunks: from this on, a reader gets bursts and no stream. */
const MOST = 0.5;

/** How the chunks of the good streams to one target came. */
export interface ChunkFlow {
  /** Held chunks of all that could be: every one but a stream's first; null where that is not known. */
  readonly heldShare: number | null;
  /** Between two chunks as they were sent, median over the streams; null where no provider's stamp was seen. */
  readonly sentGapSeconds: number | null;
  /** From being sent until it came, of the first and the last content chunk, median. */
  readonly firstLagSeconds: number | null;
  readonly lastLagSeconds: number | null;
  /** Whether a lag is below 0: the provider's clock is then not the client's, and no lag is known. */
  readonly clocksDiffer: boolean;
}

/** Sums up the chunks of the good streams to one target. */
export function chunkFlow({ ok }: Pick<TargetRequests, "ok">): ChunkFlow {
  const streams = ok.flatMap(({ chunks, held_chunks, sent_span_seconds }) =>
    chunks === null || chunks < 2 || held_chunks === null
      ? []
      : [{ gaps: chunks - 1, held: held_chunks, sent_span_seconds }],
  );
  const gaps = streams.reduce((sum, stream) => sum + stream.gaps, 0);
  const sentGaps = streams.flatMap(({ gaps, sent_span_seconds }) =>
    sent_span_seconds === null ? [] : [sent_span_seconds / gaps],
  );
  const first = ok.flatMap(({ first_lag_seconds }) => first_lag_seconds ?? []);
  const last = ok.flatMap(({ last_lag_seconds }) => last_lag_seconds ?? []);
  const clocksDiffer = [...first, ...last].some((lag) => lag < 0);
  const lagOf = (lags: readonly number[]) => (clocksDiffer || lags.length === 0 ? null : median(lags));
  return {
    heldShare: gaps === 0 ? null : streams.reduce((sum, { held }) => sum + held, 0) / gaps,
    sentGapSeconds: sentGaps.length === 0 ? null : median(sentGaps),
    firstLagSeconds: lagOf(first),
    lastLagSeconds: lagOf(last),
    clocksDiffer,
  };
}

/**
 * Says whether a proxy passes chunks as they are sent.
 *
 * A chunk counts as held when it came within a tenth of the time that had parted it from the one before. `as sent`: no
 * more than a tenth of the chunks above the share that direct streams have; `holds`: half of the chunks or more;
 * `holds some`: between.
 *
 * @example fidelityOf(chunkFlow(direct), chunkFlow(proxied)) // { fidelity: "as sent" }
 */
export function fidelityOf(direct: ChunkFlow, proxied: ChunkFlow): FidelityVerdict {
  if (proxied.heldShare === null || proxied.sentGapSeconds === null) {
    return { fidelity: null, reason: "no good stream shows when its chunks were sent" };
  }
  if (proxied.sentGapSeconds < SHORTEST_GAP_SECONDS) {
    return {
      fidelity: null,
      reason: "chunks were sent less than 1 ms apart: let the provider wait between them",
    };
  }
  if (direct.heldShare !== null && direct.heldShare >= MOST) {
    return { fidelity: null, reason: "direct streams come in bursts too, so it is not the proxy that holds" };
  }
  if (proxied.heldShare >= MOST) return { fidelity: "holds" };
  return { fidelity: proxied.heldShare <= (direct.heldShare ?? 0) + SOME ? "as sent" : "holds some" };
}
