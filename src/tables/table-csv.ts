import { own } from "../domain/json.js";
import { plainTextAround } from "../domain/plain-text.js";
import type { TableParts, Value } from "./table-parts.js";

/** How a table is written as CSV. */
export interface CsvOptions {
  /**
   * Whether to write texts unchanged, for programs; default false: no spreadsheet reads one as a formula, no terminal as a
   * command.
   */
  readonly raw?: boolean;
}

/**
 * The table's data as CSV (RFC 4180): a header of its keys, every digit, times in seconds, CRLF, and nothing for a missing
 * value.
 *
 * A text that a spreadsheet would compute, because it begins with `=`, `+`, `-`, `@`, a tab or a line end, gets an apostrophe
 * before it. Numbers stay numbers, negative ones too.
 *
 * Source: OWASP, "CSV Injection" (https://owasp.org/www-community/attacks/CSV_Injection).
 */
export function tableCsv({ lines }: TableParts, { raw = false }: CsvOptions = {}): string {
  // For a program an empty text is not a missing value.
  const field = raw
    ? (value: Value) => (value === "" ? '""' : quoted(value))
    : (value: Value) => quoted(typeof value === "string" ? harmless(value) : value);
  const keys = [...new Set(lines.flatMap(({ data }) => Object.keys(data)))];
  const rows = [keys, ...lines.map(({ data }) => keys.map((key) => own(data, key) ?? null))];
  return rows.map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

/** What a spreadsheet reads as the beginning of a formula, full-width signs included. */
const FORMULA = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/;

function harmless(text: string): string {
  // Line ends and tabs are data within a quoted field.
  const plain = plainTextAround(/([\r\n])/, text);
  // The sign may have been preceded by characters that aren't shown.
  return FORMULA.test(plain) ? `'${plain}` : plain;
}

function quoted(value: Value): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
