/*
 * Objects as maps with names from outside: labels, kinds, headers, columns. Every object inherits `constructor` and
 * `toString`, and `__proto__` must be defined to become a property of its own.
 */

/**
 * The value under one of the map's own names; undefined for inherited ones.
 *
 * @example own({ a: 1 }, "constructor") // undefined
 */
export function own<T>(map: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

/** Puts a value under any name. */
export function setOwn<T>(map: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(map, name, { value, enumerable: true, writable: true, configurable: true });
}
