import { createHash } from "node:crypto";
import { OptionError } from "../domain/errors/errors.js";

/**
 * xoshiro128** 1.1: a generator of uniform 32-bit integers with a period of 2^128 − 1.
 *
 * Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2021),
 * https://prng.di.unimi.it/xoshiro128starstar.c (public domain). At least one state word must not be 0.
 *
 * @example xoshiro128(1, 2, 3, 4)() // 11520
 */
export function xoshiro128(a: number, b: number, c: number, d: number): () => number {
  let s0 = a | 0;
  let s1 = b | 0;
  let s2 = c | 0;
  let s3 = d | 0;
  return () => {
    const scrambled = Math.imul(s1, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = (s3 << 11) | (s3 >>> 21);
    return result;
  };
}

/** A seeded source of randomness: the same seed gives the same draws on every machine. */
export interface Random {
  /** A uniform number in [0, 1) with 53 random bits. */
  (): number;
  /** A uniform integer in [0, bound), without modulo bias; `bound` from 1 to 2^32. */
  int(bound: number): number;
  /** A standard normal number (Box and Muller 1958). */
  normal(): number;
  /** A shuffled copy (Fisher and Yates); the argument is not changed. */
  shuffle<T>(items: readonly T[]): T[];
  /**
   * An independent source, determined only by this one's seed and the name: draws made here before or after don't change it,
   * so adding a step to an experiment does not change the randomness of the others.
   */
  fork(name: string): Random;
}

/**
 * A source of randomness from a seed; `random(7)` and `random("7")` are the same source.
 *
 * The seed's SHA-256 is the state of an xoshiro128** generator.
 *
 * @throws OptionError if the seed is a number that is not finite.
 * @example random(7).fork("order").shuffle(["a", "b", "c"])
 */
export function random(seed: number | string): Random {
  if (typeof seed === "number" && !Number.isFinite(seed)) {
    throw new OptionError("seed", "must be a finite number or a string", seed);
  }
  return fromPath([String(seed)]);
}

/** The path is hashed as JSON, so that two different paths of names never give the same text. */
function fromPath(path: readonly string[]): Random {
  const hash = createHash("sha256").update(JSON.stringify(path)).digest();
  const next = xoshiro128(
    hash.readInt32LE(0),
    hash.readInt32LE(4),
    hash.readInt32LE(8),
    hash.readInt32LE(12),
  );
  const uniform = (): number => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;

  const int = (bound: number): number => {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new OptionError("bound", "must be an integer from 1 to 2^32", bound);
    }
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let drawn = next();
    while (drawn >= limit) drawn = next();
    return drawn % bound;
  };

  return Object.assign(uniform, {
    int,
    // 1 − u is in (0, 1], where the logarithm is finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    shuffle: <T>(items: readonly T[]): T[] => {
      const shuffled = [...items];
      for (let last = shuffled.length - 1; last > 0; last--) {
        const chosen = int(last + 1);
        [shuffled[last], shuffled[chosen]] = [shuffled[chosen]!, shuffled[last]!];
      }
      return shuffled;
    },
    fork: (name: string) => fromPath([...path, name]),
  });
}
