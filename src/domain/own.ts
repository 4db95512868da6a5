/*
 * Objects as maps whose names come from elsewhere: labels, kinds, headers, columns. Every object has `constructor` and
 * `toString`, and `__proto__` is none of its own unless it is defined.
 */

/**
 * The value under a name of the map's own; undefined for what every object has.
 *
 * @example own({ a: 1 }, "constructor") // undefined
 */
export function own<T>(map: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

/** Puts a value under a name, whatever the name is. */
export function setOwn<T>(map: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(map, name, { value, enumerable: true, writable: true, configurable: true });
}
