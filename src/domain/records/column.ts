/**
 * The kind of a column's values, and so how a value is checked when it is read; all but `flag`, `text` and `word` are
 * numbers.
 */
export type ColumnKind =
  /** A whole number from 1. */
  | "count"
  /** A number from 0, as the client measured it. */
  | "measure"
  /** A number from 0, as a server reported it; one below 0 is read as null. */
  | "told"
  /** A number of either sign. */
  | "signed"
  /** A number from 0 to 1. */
  | "score"
  | "text"
  /** A list of texts. */
  | "texts"
  /** A list of numbers from 0. */
  | "numbers"
  | "flag"
  /** One of a few words. */
  | "word";

/** The unit of a column's numbers; null if they have none. */
export type Unit = "s" | "tokens" | "nats" | "bytes" | "1/s" | null;

/** One column of a kind of record: one key of its lines. */
export interface Column<V> {
  readonly kind: ColumnKind;
  readonly unit: Unit;
  /** The meaning of a value; Markdown. */
  readonly meaning: string;
  /** `value`: every line has one; `key`: every line has the key, though its value may be null; `none`: it may be missing. */
  readonly needs: "value" | "key" | "none";
  /** The possible words, for a `word`. */
  readonly words?: readonly (V & string)[];
  /** The value for a line that lacks it; null by default. */
  readonly otherwise?: V;
  /** Most lines of a log share its text. */
  readonly repeats?: true;
  /** Its key in older logs, which is read if a line has nothing under today's key. */
  readonly formerly?: string;
}

/** A column that may be missing in rows made elsewhere. */
export interface LaterColumn<V> extends Column<V> {
  readonly later: true;
}

/** The columns of a kind of record, in the order of their keys. */
export type Columns = Readonly<Record<string, Column<unknown>>>;

/** The record that columns describe. */
export type RowOf<C> = {
  readonly [K in keyof C as C[K] extends LaterColumn<unknown> ? never : K]: ValueOf<C[K]>;
} & {
  readonly [K in keyof C as C[K] extends LaterColumn<unknown> ? K : never]?: ValueOf<C[K]>;
};

type ValueOf<C> = C extends Column<infer V> ? V : never;

type Rest = Partial<Pick<Column<unknown>, "unit" | "repeats">>;
const column = (kind: ColumnKind, meaning: string, rest: Rest = {}) =>
  ({ kind, unit: null, meaning, needs: "none", ...rest }) as const;

export const count = (meaning: string): Column<number | null> => column("count", meaning);
export const measure = (unit: Unit, meaning: string): Column<number | null> =>
  column("measure", meaning, { unit });
export const told = (unit: Unit, meaning: string): Column<number | null> => column("told", meaning, { unit });
export const signed = (unit: Unit, meaning: string): Column<number | null> =>
  column("signed", meaning, { unit });
export const score = (meaning: string): Column<number | null> => column("score", meaning);
export const text = (meaning: string): Column<string | null> => column("text", meaning);
export const texts = (meaning: string): Column<readonly string[] | null> => column("texts", meaning);
export const numbers = (unit: Unit, meaning: string): Column<readonly number[] | null> =>
  column("numbers", meaning, { unit });
export const flag = (meaning: string): Column<boolean | null> => column("flag", meaning);
/** A text that most lines of a log share, and that is kept once. */
export const sharedText = (meaning: string): Column<string | null> =>
  column("text", meaning, { repeats: true });
export const word = <const W extends string>(words: readonly W[], meaning: string): Column<W | null> => ({
  ...column("word", meaning),
  words,
});

/** The column, with a value in every line. */
export const required = <V>(of: Column<V | null>): Column<V> => ({ ...(of as Column<V>), needs: "value" });
/** The column, never null: `otherwise` in a line that lacks it. */
export const assumed = <V>(of: Column<V | null>, otherwise: V): Column<V> => ({
  ...(of as Column<V>),
  otherwise,
});
/** The column, with its key in every line. */
export const stated = <V>(of: Column<V>): Column<V> => ({ ...of, needs: "key" });
/** The column, also read under its key in older logs. */
export const formerly = <C extends Column<unknown>>(of: C, key: string): C => ({ ...of, formerly: key });
/** Today's keys by those of older logs. */
export const olderKeys = (columns: Columns): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(columns).flatMap(([key, { formerly: older }]): [string, string][] =>
      older === undefined ? [] : [[older, key]],
    ),
  );
/** The column, which may be missing in rows made elsewhere. */
export const later = <V>(of: Column<V>): LaterColumn<V> => ({ ...of, later: true });
