/** One record of a CSV text. */
export interface CsvRow {
  readonly fields: readonly string[];
  /** The line the record begins on, from 1. */
  readonly line: number;
  /** What is wrong with it; it then has no fields. */
  readonly broken?: string;
}

/** The separator of fields, and how a quote within a quoted field is written. */
export interface CsvDialect {
  readonly separator?: "," | ";" | "\t";
  /** `doubled` (the default), as in RFC 4180, or `escaped` by a backslash, as Spark and MySQL write it. */
  readonly quotes?: "doubled" | "escaped";
}

/**
 * Parses comma-separated values as RFC 4180 defines them: fields may be quoted, and a quoted field may contain separators,
 * quotes and line breaks. Records end in CRLF, LF or CR; empty lines are skipped.
 *
 * A record is broken if a quote is not closed, or text follows a closing quote; reading continues with the next line.
 *
 * @example parseCsv('id,text\r\n1,"say ""hi"""\r\n')[1].fields // ["1", 'say "hi"']
 */
export function parseCsv(text: string, { separator = ",", quotes = "doubled" }: CsvDialect = {}): CsvRow[] {
  const rows: CsvRow[] = [];
  const field = fieldOf(separator, quotes);
  let line = 1;
  /** Reads the next record; null if it is broken. */
  const record = (): { readonly fields: string[]; readonly isEmpty: boolean } | null => {
    const fields: string[] = [];
    let isEmpty = true;
    for (let end: string = separator; end === separator; ) {
      const match = field.exec(text);
      if (match === null) return null;
      end = match[3]!;
      fields.push(match[1] === undefined ? (match[2] ?? "") : unquoted(match[1], quotes));
      isEmpty &&= match[0].length === end.length && end !== separator;
      line += match[0].match(/\r\n|\r|\n/g)?.length ?? 0;
    }
    return { fields, isEmpty };
  };
  while (field.lastIndex < text.length) {
    const [start, first] = [field.lastIndex, line];
    const found = record();
    if (found === null) {
      rows.push({
        fields: [],
        line: first,
        broken: `line ${line}: a quote is not closed, or is followed by text`,
      });
      const rest = text.slice(start).search(/[\r\n]/);
      field.lastIndex = rest < 0 ? text.length : start + rest;
      line = first;
    } else if (!found.isEmpty) rows.push({ fields: found.fields, line: first });
  }
  return rows;
}

/** A field, quoted (1) or plain (2), and what ends it (3). */
function fieldOf(separator: string, quotes: CsvDialect["quotes"]): RegExp {
  const inner = quotes === "escaped" ? String.raw`[^"\\]*(?:(?:\\[^]|"")[^"\\]*)*` : '[^"]*(?:""[^"]*)*';
  const plain = String.raw`[^"${separator}\r\n][^${separator}\r\n]*`;
  return new RegExp(String.raw`(?:"(${inner})"|(${plain})?)(${separator}|\r\n|\r|\n|$)`, "y");
}

function unquoted(text: string, quotes: CsvDialect["quotes"]): string {
  const doubled = text.replaceAll('""', '"');
  return quotes === "escaped" ? doubled.replaceAll(/\\(["\\])/g, "$1") : doubled;
}
