/** One character that is escaped for JSON, a URL or HTML, as a pattern; escapes may be escaped in turn. */
export const ESCAPE = [
  "(?<!\\\\)\\\\+u(?<unicode>[0-9a-f]{4})",
  "(?<!\\\\)\\\\+x(?<byte>[0-9a-f]{2})",
  "%(?:25)*(?<percent>[0-9a-f]{2})",
  "&(?:amp;)*(?:#(?:x0*(?<hex>[0-9a-f]{1,6})|0*(?<decimal>[0-9]{1,7}))|(?<name>amp|lt|gt|quot|apos));",
].join("|");

/** A line end and the like, escaped. */
export const LINE_END_ESCAPE = "(?<!\\\\)\\\\+[bfnrt]";

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The character of an escape, by the groups of its match; nothing where there is none. */
export function characterOf({
  unicode,
  byte,
  percent,
  hex,
  decimal,
  name,
}: Readonly<Record<string, string | undefined>>): string {
  const digits = unicode ?? byte ?? percent ?? hex;
  if (digits !== undefined) return character(Number.parseInt(digits, 16));
  if (decimal !== undefined) return character(Number(decimal));
  return name === undefined ? "" : NAMED[name.toLowerCase()]!;
}

const character = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : "");
