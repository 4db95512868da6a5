import type { JsonObject } from "../../domain/json.js";
import { unlike } from "./fields.js";

/** The arrays of a run that it has; each must tell of every request. */
export function sameLength<K extends string>(
  run: JsonObject,
  keys: readonly K[],
  where: string,
): Partial<Record<K, readonly unknown[]>> {
  const arrays: Partial<Record<K, readonly unknown[]>> = {};
  let requests: number | null = null;
  for (const key of keys) {
    const values = run[key];
    if (values === undefined || values === null) continue;
    if (!Array.isArray(values)) unlike(where, `${key} is not a list`);
    const list = values as readonly unknown[];
    requests ??= list.length;
    if (list.length !== requests)
      unlike(where, `${key} has ${list.length} values, ${keys[0]} has ${requests}`);
    arrays[key] = list;
  }
  return arrays;
}
