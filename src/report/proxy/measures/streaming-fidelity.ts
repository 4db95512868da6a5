import { median } from "../../../stats/quantile.js";
import type { TargetRequests } from "./proxy-target.js";

/**
 * Whether a proxy passes chunks as they come (`as sent`), begins after the provider has sent several (`late start`), or holds
 * chunks and releases several together (`holds some`, `holds`); if a stream arrived all at once, it may have done either
 * (`holds or late`).
 */
export type Fidelity = "as sent" | "late start" | "holds some" | "holds" | "holds or late";

/** A verdict, or the reason there is none. */
export type FidelityVerdict =
  | { readonly fidelity: Fidelity }
  | { readonly fidelity: null; readonly reason: string };

/** Chunks sent closer together than this can't be seen to be coalesced. */
const SHORTEST_GAP_SECONDS = 0.001;
/** A share of chunks: more than this above the direct streams' share counts as holding. */
const SOME = 0.1;
/** A share of chunks: from this on, a reader gets bursts instead of a stream. */
const MOST = 0.5;
/** Fewer chunks than this after the start don't show how a proxy passes them on. */
const FEWEST_LATER = 0.05;

/** How the chunks of the successful streams to one target arrived. */
export interface ChunkFlow {
  /** Share of coalesced chunks among all that could be: every one but a stream's first; null if unknown. */
  readonly coalescedShare: number | null;
  /** Share of chunks coalesced at the start, before a stream's first that was not, among all that could be. */
  readonly coalescedAtStartShare: number | null;
  /** Share of coalesced chunks among those after the start; null if there are too few. */
  readonly coalescedLaterShare: number | null;
  /** Median time between two chunks as they were sent; null if the provider put no stamps. */
  readonly sentGapSeconds: number | null;
  /** Median time of the first and the last content chunk from being sent until it arrived. */
  readonly firstLagSeconds: number | null;
  readonly lastLagSeconds: number | null;
  /** Whether a lag is below 0: then the provider's clock differs from the client's, and no lag is known. */
  readonly clocksDiffer: boolean;
}

/** Summarises the chunks of the successful streams to one target. */
export function chunkFlow({ ok }: Pick<TargetRequests, "ok">): ChunkFlow {
  const streams = ok.flatMap(({ chunks, coalesced_chunks, coalesced_at_start_chunks, sent_span_seconds }) =>
    chunks === null || chunks < 2 || coalesced_chunks === null || coalesced_at_start_chunks === null
      ? []
      : [
          {
            gaps: chunks - 1,
            coalesced: coalesced_chunks,
            coalescedAtStart: coalesced_at_start_chunks,
            sent_span_seconds,
          },
        ],
  );
  const sumOf = (key: "gaps" | "coalesced" | "coalescedAtStart") =>
    streams.reduce((sum, stream) => sum + stream[key], 0);
  const [gaps, coalesced, coalescedAtStart] = [sumOf("gaps"), sumOf("coalesced"), sumOf("coalescedAtStart")];
  const sentGaps = streams.flatMap(({ gaps, sent_span_seconds }) =>
    sent_span_seconds === null ? [] : [sent_span_seconds / gaps],
  );
  const first = ok.flatMap(({ first_lag_seconds }) => first_lag_seconds ?? []);
  const last = ok.flatMap(({ last_lag_seconds }) => last_lag_seconds ?? []);
  const clocksDiffer = [...first, ...last].some((lag) => lag < 0);
  const lagOf = (lags: readonly number[]) => (clocksDiffer || lags.length === 0 ? null : median(lags));
  return {
    coalescedShare: gaps === 0 ? null : coalesced / gaps,
    coalescedAtStartShare: gaps === 0 ? null : coalescedAtStart / gaps,
    coalescedLaterShare:
      gaps - coalescedAtStart <= FEWEST_LATER * gaps
        ? null
        : (coalesced - coalescedAtStart) / (gaps - coalescedAtStart),
    sentGapSeconds: sentGaps.length === 0 ? null : median(sentGaps),
    firstLagSeconds: lagOf(first),
    lastLagSeconds: lagOf(last),
    clocksDiffer,
  };
}

/**
 * Says whether a proxy passes chunks as they are sent.
 *
 * A chunk counts as coalesced if it arrived after less than a tenth of the gap it was sent with. Of the chunks after a
 * stream's start, no more than a tenth above the direct streams' share is `as sent`, or `late start` if the start itself is
 * above that; half of them or more is `holds`; anything between is `holds some`. If hardly any come after the start, the
 * verdict is `holds` if the first arrived no more than one gap after the last was sent, and otherwise `holds or late`.
 *
 * @example fidelityOf(chunkFlow(direct), chunkFlow(proxied)) // { fidelity: "as sent" }
 */
export function fidelityOf(direct: ChunkFlow, proxied: ChunkFlow): FidelityVerdict {
  if (proxied.coalescedShare === null || proxied.sentGapSeconds === null) {
    return { fidelity: null, reason: "no good stream shows when its chunks were sent" };
  }
  if (proxied.sentGapSeconds < SHORTEST_GAP_SECONDS) {
    return {
      fidelity: null,
      reason: "chunks were sent less than 1 ms apart: let the provider wait between them",
    };
  }
  if (direct.coalescedShare !== null && direct.coalescedShare >= MOST) {
    return {
      fidelity: null,
      reason: "direct streams come in bursts too, so the bursts are not the proxy's doing",
    };
  }
  const { coalescedLaterShare, coalescedAtStartShare, lastLagSeconds, sentGapSeconds } = proxied;
  if (coalescedLaterShare === null) {
    const isReleasedAtEnd = lastLagSeconds !== null && lastLagSeconds <= sentGapSeconds;
    return { fidelity: isReleasedAtEnd ? "holds" : "holds or late" };
  }
  if (coalescedLaterShare >= MOST) return { fidelity: "holds" };
  if (coalescedLaterShare > (direct.coalescedLaterShare ?? 0) + SOME) return { fidelity: "holds some" };
  return {
    fidelity: coalescedAtStartShare! > (direct.coalescedAtStartShare ?? 0) + SOME ? "late start" : "as sent",
  };
}
