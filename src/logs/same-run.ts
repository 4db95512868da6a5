import { LogError } from "../domain/errors/errors.js";
import { isObject } from "../domain/json.js";
import type { ManifestEntry } from "./files/manifest.js";

/** What an earlier run, or one of its rows, had under a name, and what this run has there. */
export interface Difference {
  readonly name: string;
  readonly was: unknown;
  readonly is: unknown;
}

/**
 * What need not be equal, by name, such as `runs` or `methods.CacheBlend 15%.server`: whether what an earlier run had there
 * goes together with what this one has.
 */
export type MayDiffer = Readonly<Record<string, (was: unknown, is: unknown) => boolean>>;

/** Goes together with whatever there was. */
export const whatever = (): boolean => true;

/** What a server says runs there; where it does not say it, nothing is known, which is no difference. */
const SOFTWARE = /software$/;

/** How a run differs from an earlier one of the same log. What the earlier manifest does not contain is not compared. */
export function differences(was: ManifestEntry, is: ManifestEntry, mayDiffer: MayDiffer): Difference[] {
  const now = namedFacts(is);
  return Object.entries(namedFacts(was)).flatMap(([name, value]) =>
    value !== undefined && Object.hasOwn(now, name) ? compared(value, now[name], name, mayDiffer) : [],
  );
}

function namedFacts({
  server,
  server_software,
  model,
  seed,
  options,
}: ManifestEntry): Record<string, unknown> {
  return { ...options, server, server_software, model, seed };
}

/** How a row differs from one of this run, by the columns in `expected`; a missing value is not a difference. */
export function rowDifferences(row: object, expected: Readonly<Record<string, unknown>>): Difference[] {
  return Object.entries(expected).flatMap(([name, is]) => {
    const was = (row as Record<string, unknown>)[name] ?? null;
    return was === null ? [] : compared(was, is ?? null, name, {});
  });
}

/**
 * Refuses to resume a log that another run wrote.
 *
 * @throws LogError that names each difference.
 */
export function refuseDifferent(path: string, found: readonly Difference[]): void {
  if (found.length === 0) return;
  const named = found.map(({ name, was, is }) => `${name} was ${shown(was)} and is ${shown(is)}`);
  const first = named.slice(0, MOST_NAMED).join("; ");
  const more = named.length > MOST_NAMED ? `; and ${named.length - MOST_NAMED} more` : "";
  throw new LogError(
    `${path} can't be resumed because it is the log of a different run: ${first}${more}. ` +
      "Use the options it was started with, choose another log, or start over with --overwrite (overwrite: true).",
    { path },
  );
}

const MOST_NAMED = 6;

/** The places below a value where two differ. */
function compared(was: unknown, is: unknown, name: string, mayDiffer: MayDiffer): Difference[] {
  if (Object.hasOwn(mayDiffer, name) && mayDiffer[name]!(was, is)) return [];
  if (SOFTWARE.test(name) && (was === null || is === null)) return [];
  if (isObject(was) && isObject(is)) {
    return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((key) =>
      compared(was[key] ?? null, is[key] ?? null, `${name}.${key}`, mayDiffer),
    );
  }
  return JSON.stringify(was) === JSON.stringify(is) ? [] : [{ name, was, is }];
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "not given";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
