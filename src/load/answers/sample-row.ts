/**
 * The columns of one request's result: numbers in one row. Times are in nanoseconds unless named otherwise, moments count
 * from the load's origin, and NaN means not seen.
 *
 * `request` is its position in the plan. `due` is when the schedule meant it to start, `picked` when the client turned to it,
 * `sent` when its first byte was handed over (or an attempt to connect began that failed), `ended` when the client was
 * through with it. `finishReason` and `cachedTokensSource` are indices of the thread's words.
 */
export const COLUMN = {
  request: 0,
  due: 1,
  picked: 2,
  sent: 3,
  firstByte: 4,
  firstEvent: 5,
  firstReasoning: 6,
  firstContent: 7,
  lastByte: 8,
  ended: 9,
  connect: 10,
  overheadSeconds: 11,
  status: 12,
  chunks: 13,
  contentBytes: 14,
  firstLag: 15,
  lastLag: 16,
  sentSpan: 17,
  receivedSpan: 18,
  coalesced: 19,
  coalescedAtStart: 20,
  itlSeconds: 21,
  itlP99Seconds: 22,
  tpotSeconds: 23,
  promptTokens: 24,
  outputTokens: 25,
  cachedTokens: 26,
  deviceCachedTokens: 27,
  hostCachedTokens: 28,
  storageCachedTokens: 29,
  recomputedTokens: 30,
  recomputedRatio: 31,
  queueSeconds: 32,
  prefillSeconds: 33,
  loadSeconds: 34,
  finishReason: 35,
  cachedTokensSource: 36,
  retryAfterSeconds: 37,
} as const;

export const WIDTH = Object.keys(COLUMN).length;
