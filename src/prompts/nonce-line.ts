import type { Random } from "../stats/random.js";

const HEX = "0123456789abcdef";

/**
 * A line of sixteen random hexadecimal digits and a blank one: a text that begins with it differs from every other from
 * its first token on, and asks the same.
 *
 * @example nonceLine(random("a")) // "7d3c…\n\n"
 */
export const nonceLine = (random: Random): string =>
  `${Array.from({ length: 16 }, () => HEX[random.int(HEX.length)]).join("")}\n\n`;
