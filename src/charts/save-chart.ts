import { createRequire } from "node:module";
import { basename, dirname, extname, resolve } from "node:path";
import { finished } from "node:stream/promises";
import { z } from "zod";
import { whyNoFont } from "../disk/font-file.js";
import { makeFolder, whyNotWritten, writeWhole } from "../disk/written-file.js";
import { FirstTokenError, OptionError } from "../domain/errors/errors.js";
import { checkOptions } from "../domain/errors/options.js";
import { requireGlyphs, sayLacking } from "./glyphs.js";
import { darkSvg } from "./layout/dark-theme.js";
import type { Sketch } from "./layout/figure.js";
import { fitted, SCREEN } from "./layout/fitted.js";
import { printFigure } from "./layout/print-theme.js";
import { staticSvg } from "./static-svg.js";

/** How a chart is saved. */
export type SaveOptions = {
  /** `print` for papers; `screen` (the default) as shown elsewhere, or `dark`, the same on dark paper. */
  readonly theme?: "screen" | "dark" | "print";
  /** Of a paper's columns, how many a printed chart spans: 1 (the default, 8.5 cm) or 2 (17.5 cm). */
  readonly columns?: 1 | 2;
  /** Dots per inch of a PNG; default 300. */
  readonly dpi?: number;
  /** A TrueType or OpenType file in place of Arimo, the font of PNG and PDF, for letters that Arimo does not have. */
  readonly font?: string;
} & (
  | {
      readonly widthCm?: number;
      readonly heightCm?: number;
      readonly widthInches?: undefined;
      readonly heightInches?: undefined;
    }
  | {
      readonly widthInches: number;
      readonly heightInches?: number;
      readonly widthCm?: undefined;
      readonly heightCm?: undefined;
    }
);

const length = z
  .number("must be a number")
  .min(0.5, "must be at least 0.5")
  .max(200, "must be at most 200")
  .optional();

const schema = z.strictObject({
  theme: z.enum(["screen", "dark", "print"], 'must be "screen", "dark" or "print"').default("screen"),
  columns: z.literal([1, 2], "must be 1 or 2").optional(),
  dpi: z
    .number("must be a number")
    .min(30, "must be at least 30")
    .max(2400, "must be at most 2400")
    .default(300),
  font: z.string("must be the path of a font file").min(1, "must not be empty").optional(),
  widthCm: length,
  heightCm: length,
  widthInches: length,
  heightInches: length,
});

const POINTS_PER_INCH = 72;
const CM_PER_INCH = 2.54;

/** The width of a chart on the screen, at 96 dots per inch. */
const SCREEN_POINTS = (SCREEN.width / 96) * POINTS_PER_INCH;
/** The widths of one and of two columns of a paper. */
const COLUMNS_CM = { 1: 8.5, 2: 17.5 };

/**
 * Writes a sketch as SVG, PNG or PDF, by the path's ending, at a given size. Text stays text in SVG and PDF.
 *
 * @throws OptionError for another ending, a size out of range or what is no font; FirstTokenError if it can't be written, or if no
 * font has a letter of PNG or PDF.
 */
export async function saveChart(sketch: Sketch, path: string, options: SaveOptions = {}): Promise<void> {
  const kind = extname(path).toLowerCase();
  if (kind !== ".svg" && kind !== ".png" && kind !== ".pdf") {
    throw new OptionError("path", "must end in .svg, .png or .pdf", path);
  }
  const checked = checkOptions(schema, options);
  const noFont = checked.font === undefined ? null : whyNoFont(checked.font);
  if (noFont !== null) throw new OptionError("font", noFont, checked.font);
  const picture = await draw(sketch, checked);
  try {
    makeFolder(dirname(resolve(path)));
    writeWhole(path, await FORMS[kind](picture));
  } catch (cause) {
    if (cause instanceof FirstTokenError) throw cause;
    throw new FirstTokenError(`Can't write ${path}: ${whyNotWritten(cause)}.`, { cause });
  }
}

const FORMS = {
  ".svg": (picture: Picture) => sized(picture, "in", POINTS_PER_INCH),
  ".png": png,
  ".pdf": pdf,
} as const;

/** A drawn figure and its size on paper, in points. */
interface Picture {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
  readonly dpi: number;
  readonly font: string;
}

async function draw(sketch: Sketch, options: z.infer<typeof schema>): Promise<Picture> {
  const { theme, dpi, font = ARIMO } = options;
  const points = (cm: number | undefined, inches: number | undefined): number | undefined => {
    if (cm !== undefined && inches !== undefined)
      throw new OptionError("widthInches", "can't be combined with widthCm", inches);
    const size = cm === undefined ? inches : cm / CM_PER_INCH;
    return size === undefined ? undefined : size * POINTS_PER_INCH;
  };
  if (options.columns !== undefined && theme !== "print")
    throw new OptionError("columns", 'needs theme: "print"', options.columns);
  if (options.columns !== undefined && (options.widthCm ?? options.widthInches) !== undefined)
    throw new OptionError("columns", "can't be combined with a width", options.columns);
  const usual = theme === "print" ? points(COLUMNS_CM[options.columns ?? 1], undefined)! : SCREEN_POINTS;
  const width = points(options.widthCm, options.widthInches) ?? usual;
  const askedHeight = points(options.heightCm, options.heightInches);
  const shown =
    theme === "print"
      ? printFigure(sketch, width, askedHeight)
      : fitted(sketch, {
          ...SCREEN,
          ...(askedHeight !== undefined && { height: (SCREEN.width * askedHeight) / width }),
        });
  const drawn = shown.layout as { readonly width: number; readonly height: number };
  const height = (drawn.height / drawn.width) * width;
  const drawing = await staticSvg(shown);
  const svg = theme === "dark" ? darkSvg(drawing) : drawing;
  return { svg, width, height, dpi, font };
}

/** The SVG with its size on paper. */
function sized({ svg, width, height }: Picture, unit: string, pointsPerUnit: number): string {
  const size = (points: number) => `${Number((points / pointsPerUnit).toFixed(4))}${unit}`;
  return svg.replace(
    /^(<svg [^>]*?)width="[\d.]+" height="[\d.]+"/,
    `$1width="${size(width)}" height="${size(height)}"`,
  );
}

/** Arimo has the widths of Arial, by which charts are laid out, so it does not matter whether a machine has any fonts. */
const ARIMO = createRequire(import.meta.url).resolve(
  "@expo-google-fonts/arimo/400Regular/Arimo_400Regular.ttf",
);

async function png({ svg, width, dpi, font }: Picture): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
  const fonts = {
    fontFiles: [font, ARIMO],
    loadSystemFonts: true,
    sansSerifFamily: "Arimo",
    defaultFontFamily: "Arimo",
  };
  await requireGlyphs(wordsOf(svg), fonts);
  const resvg = new Resvg(svg.replaceAll(/font-family: [^;]*;/g, "font-family: sans-serif;"), {
    fitTo: { mode: "width", value: Math.round((width / POINTS_PER_INCH) * dpi) },
    font: fonts,
  });
  return resvg.render().asPng();
}

async function pdf(picture: Picture): Promise<Uint8Array> {
  const { width, height, font } = picture;
  const [{ default: PDFDocument }, { default: drawSvg }] = await Promise.all([
    import("pdfkit"),
    import("svg-to-pdfkit"),
  ]);
  // No clock is read, so the same figure gives the same file.
  const page = new PDFDocument({ size: [width, height], margin: 0, info: { CreationDate: new Date(0) } });
  const parts: Buffer[] = [];
  page.on("data", (part: Buffer) => parts.push(part));
  page.registerFont("chart", font);
  page.font("chart");
  requireLetters(page, picture);
  drawSvg(page, sized(picture, "", 1), 0, 0, { width, height, assumePt: true, fontCallback: () => "chart" });
  page.end();
  await finished(page);
  return Buffer.concat(parts);
}

/** A letter that the font lacks would be an empty box in the paper. */
function requireLetters(page: PDFKit.PDFDocument, { svg, font }: Picture): void {
  const { _font } = page as unknown as { _font: { font: { hasGlyphForCodePoint(code: number): boolean } } };
  const lacking = [...new Set(wordsOf(svg))].filter(
    (letter) => !_font.font.hasGlyphForCodePoint(letter.codePointAt(0)!),
  );
  sayLacking(lacking, `${basename(font)} has no glyph`);
}

const wordsOf = (svg: string): string => [...svg.matchAll(/>([^<]+)</g)].map(([, text]) => text!).join("");
