import { plainLine } from "../../domain/plain-text.js";

/** Text escaped for Plotly, which reads tags and entities in every label. */
export function escapePlotly(text: string): string {
  return plainLine(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** What Plotly shows for such an escaped text. */
export const unescapePlotly = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
