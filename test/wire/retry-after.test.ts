import { describe, expect, it } from "vitest";
import { retryAfterSeconds } from "../../src/wire/retry-after.js";

// The forms and the dates are those of RFC 9110, 5.6.7 and 10.2.3.
const DATE = "Fri, 31 Dec 1999 23:59:49 GMT";

describe("Retry-After", () => {
  it.each([
    ["seconds", { "retry-after": "120" }, 120],
    ["a fraction, as some gateways write it", { "retry-after": "0.5" }, 0.5],
    ["a date, by the server's own clock", { "retry-after": "Fri, 31 Dec 1999 23:59:59 GMT", date: DATE }, 10],
    ["an obsolete date", { "retry-after": "Friday, 31-Dec-99 23:59:59 GMT", date: DATE }, 10],
    ["a date that has passed", { "retry-after": "Fri, 31 Dec 1999 23:59:00 GMT", date: DATE }, 0],
    ["a date of a server without a clock", { "retry-after": "Fri, 31 Dec 1999 23:59:59 GMT" }, null],
    ["nothing", {}, null],
    ["an empty value", { "retry-after": "" }, null],
    ["a negative number", { "retry-after": "-5", date: DATE }, null],
    ["two values", { "retry-after": "5, 7", date: DATE }, null],
    ["a word", { "retry-after": "soon", date: DATE }, null],
    ["more seconds than there are", { "retry-after": "9".repeat(400), date: DATE }, null],
  ])("is read from %s", (_, headers, seconds) => {
    expect(retryAfterSeconds(headers as Readonly<Record<string, string>>)).toBe(seconds);
  });
});
