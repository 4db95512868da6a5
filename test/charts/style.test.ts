import { describe, expect, it } from "vitest";
import { COLORS, styleOf } from "../../src/charts/style.js";

type Rgb = readonly [number, number, number];

const linear = (color: string): Rgb =>
  [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;

/** CIE L*, of the luminance that grey print keeps (sRGB, IEC 61966-2-1). */
function lightness([red, green, blue]: Rgb): number {
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return luminance > 0.008856 ? 116 * Math.cbrt(luminance) - 16 : 903.3 * luminance;
}

/** CIE L*a*b* (D65). */
function lab([red, green, blue]: Rgb): Rgb {
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
  const y = f(0.2126 * red + 0.7152 * green + 0.0722 * blue);
  const z = f((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** What people without red, green or blue cones see (Machado, Oliveira and Fernandes 2009, severity 1.0). */
const SEEN: Readonly<Record<string, readonly Rgb[]>> = {
  "all colours": [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const seenAs = (color: Rgb, matrix: readonly Rgb[]): Rgb =>
  matrix.map((row) =>
    Math.min(
      1,
      Math.max(
        0,
        row.reduce((sum, share, i) => sum + share * color[i]!, 0),
      ),
    ),
  ) as unknown as Rgb;

const pairs = <T>(all: readonly T[]): (readonly [T, T])[] =>
  all.flatMap((one, i) => all.slice(i + 1).map((other) => [one, other] as const));

describe("the colours of charts", () => {
  it.each(Object.keys(SEEN))("are told apart with %s", (sight) => {
    for (const [one, other] of pairs(COLORS)) {
      const [a, b] = [one, other].map((color) => lab(seenAs(linear(color), SEEN[sight]!)));
      // About 2 is the least difference that is seen at all.
      expect(Math.hypot(...a!.map((value, i) => value - b![i]!)), `${one} and ${other}`).toBeGreaterThan(8);
    }
  });

  it("differ in grey too, for the first four labels", () => {
    for (const [one, other] of pairs(COLORS.slice(0, 4)))
      expect(Math.abs(lightness(linear(one)) - lightness(linear(other)))).toBeGreaterThan(10);
  });

  it("come with a mark of their own: of eight labels no two have the same, and of 56 none both", () => {
    const styles = Array.from({ length: 56 }, (_, n) => styleOf(n));
    expect(new Set(styles.slice(0, 8).map(({ symbol }) => symbol)).size).toBe(8);
    expect(new Set(styles.map((style) => JSON.stringify(style))).size).toBe(56);
  });
});
