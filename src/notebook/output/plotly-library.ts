import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { escapeHtml } from "../../tables/escape-html.js";
import type { Bundle, Cell } from "./kernel.js";

/** Where images that have loaded wait for Plotly; a global name of the page. */
export const WAITING_CHARTS = "firsttokenCharts";

/** An image of one clear pixel. */
export const PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

/**
 * The page's program, run once by the image that carries Plotly: unpacks it, draws all waiting charts, and accepts later
 * ones. The page's own `Plotly`, `module` and `define` are left alone.
 */
const PAGE_PROGRAM = `(async (carrier) => {
  const packed = carrier.dataset.plotly;
  carrier.removeAttribute("data-plotly");
  if (window.firsttokenPlotly || !window.DecompressionStream) return;
  window.firsttokenPlotly = true;
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const program = await new Response(stream).text();
  const theirs = window.Plotly;
  const module = { exports: {} };
  new Function("module", "exports", "define", program)(module, module.exports);
  const Plotly = module.exports;
  window.Plotly = theirs;
  const draw = (image, triesLeft = 100) => {
    if (!image.isConnected) return triesLeft > 0 && setTimeout(draw, 100, image, triesLeft - 1);
    const figure = JSON.parse(image.dataset.figure);
    const place = document.createElement("div");
    image.before(place);
    Plotly.newPlot(place, figure.data, figure.layout, { displaylogo: false })
      .then(() => image.remove(), () => place.remove());
  };
  const waiting = window.${WAITING_CHARTS} ?? [];
  window.${WAITING_CHARTS} = { push: (image) => draw(image) };
  waiting.forEach((image) => draw(image));
})(this)`;

let packed: string | null = null;

/** Plotly for all charts of a notebook, compressed: 0.6 MB, so a notebook should contain it once. */
export function plotlyBundle(): Bundle {
  const path = createRequire(import.meta.url).resolve("plotly.js-cartesian-dist-min");
  packed ??= gzipSync(readFileSync(path), { level: 9 }).toString("base64");
  const onload = escapeHtml(PAGE_PROGRAM.replace(/\n\s*/g, " "));
  return {
    "text/html": `<img src="${PIXEL}" alt="" width="1" height="1" data-plotly="${packed}" onload="${onload}">`,
    "text/plain": "",
  };
}

/** Whose output carries Plotly: a run of a cell, and the hash of the cell's source. */
let carrier: { readonly cell: Cell; readonly source: string | null } | null = null;

/**
 * Shows Plotly under a cell if no other carries it already. The cell that does gets it again when it is run again, because
 * its old output was discarded with the library in it.
 */
export function carryPlotly(cell: Cell): void {
  const source = cellSource();
  const isCarriedElsewhere = carrier !== null && (source === null || source !== carrier.source);
  if (carrier?.cell === cell || isCarriedElsewhere) return;
  carrier = { cell, source };
  cell.show(plotlyBundle());
}

/** The hash of the calling cell's source; null if the stack does not show it. */
function cellSource(): string | null {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 50;
    Error.prepareStackTrace = (_, frames) =>
      frames.find((frame) => frame.getFileName()?.startsWith("evalmachine."))?.getScriptHash() ?? null;
    return new Error().stack as unknown as string | null;
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}
