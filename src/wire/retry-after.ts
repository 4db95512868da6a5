import type { ResponseHead } from "./http-head.js";

/**
 * How many seconds a server asks a client to wait (`Retry-After`; RFC 9110, 10.2.3), in its form of seconds or of a date, which is
 * compared with the response's own `Date`; null if it asks for nothing that can be read.
 *
 * @example retryAfterSeconds({ "retry-after": "20" }) // 20
 */
export function retryAfterSeconds({ "retry-after": asked, date }: ResponseHead["headers"]): number | null {
  if (asked === undefined) return null;
  if (/^\d{1,9}(\.\d{1,9})?$/.test(asked)) return Number(asked);
  // A date has letters; Date.parse would take other numbers for years.
  const [until, now] = [asked, date].map((text) =>
    /[a-z]/i.test(text ?? "") ? Date.parse(text!) : Number.NaN,
  );
  return Number.isFinite(until! - now!) ? Math.max(0, (until! - now!) / 1_000) : null;
}
