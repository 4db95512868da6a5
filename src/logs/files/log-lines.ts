import { jsonText } from "../../domain/json.js";

/** The lines of records, in stretches: those of a million are longer together than a text may be. */
export function* linesOf(records: readonly unknown[]): Generator<Buffer> {
  for (let from = 0; from < records.length; from += AT_ONCE) {
    const some = records.slice(from, from + AT_ONCE);
    yield Buffer.from(some.map((record) => `${jsonText(record)}\n`).join(""));
  }
}

const AT_ONCE = 10_000;
