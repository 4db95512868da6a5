/** What a stated moment must be. */
export const START_RULE =
  "must be a date with its time and zone, such as 2026-03-01T12:00:00Z: machines may be in several zones";

/** A moment in milliseconds since 1970; NaN for a text that does not say exactly which. */
export const startTime = (text: string): number =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(text.trim())
    ? Date.parse(text.trim())
    : Number.NaN;
