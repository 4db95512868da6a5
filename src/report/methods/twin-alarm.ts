import { choiceOf, type MethodSetting } from "../../domain/records/methods.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";
import type { Estimate } from "../../stats/interval.js";
import { formatInterval } from "../../tables/format.js";

/** What identifies a method's twin. */
interface Twin {
  readonly name: string;
  readonly rows: readonly Pick<QualityRecord, "method" | keyof MethodSetting>[];
}

/**
 * The A/A arms of a group: every method that was measured a second time under another label, after the one it repeats. Full
 * prefill is the usual one, as `Full prefill (again)`. Rows do not say whether two labels of one run stand for two servers,
 * and for a method without a name it is unknown whether it is repeated.
 */
export function twinsOf<T extends Twin>(methods: readonly T[]): (readonly [first: T, again: T])[] {
  const firsts = new Map<string, T>();
  return [...methods]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((one) => {
      const [row] = one.rows;
      if (row!.method === null) return [];
      const key = `${row!.method} ${row!.recompute_ratio} ${choiceOf(row!)}`;
      const first = firsts.get(key);
      if (first !== undefined) return [[first, one] as const];
      firsts.set(key, one);
      return [];
    });
}

/** What differs between twins beyond its interval, although nothing should; nothing if nothing does. */
export function twinAlarm(
  [first, again]: readonly [Twin, Twin],
  where: string,
  { ratio, difference }: { readonly ratio: Estimate | null; readonly difference?: Estimate },
): string[] {
  const told = [
    ...(ratio !== null && excludes(ratio, 1)
      ? [`the first token came ${formatInterval(ratio)} times as soon`]
      : []),
    ...(difference !== undefined && excludes(difference, 0)
      ? [
          `the score differs by ${signed(difference.estimate)} [${signed(difference.low)}, ${signed(difference.high)}]`,
        ]
      : []),
  ];
  if (told.length === 0) return [];
  return [
    `A/A alarm ${where}: “${again.name}” repeats the method of “${first.name}”, and yet ${told.join(", and ")} (95 % CI). ` +
      "If both were measured on one server, something other than the method moves these numbers, such as a cache that was not " +
      "cold or other load: trust only differences that are much larger than this one. If they are two servers, this " +
      "is the difference between the two.",
  ];
}

type Interval = { readonly estimate: number; readonly low: number; readonly high: number };

const excludes = (estimate: Estimate, value: number): estimate is Interval =>
  "low" in estimate && (estimate.low > value || estimate.high < value);

const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
