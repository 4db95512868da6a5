/**
 * The length of the longest common subsequence of two token sequences, 32 tokens of `a` at a time.
 *
 * H. Hyyrö, "Bit-parallel LCS-length computation revisited" (2004).
 *
 * @example lcsLength(["w1", "w2", "w3"], ["w1", "w4", "w3"]) // 2
 */
export function lcsLength<T>(a: readonly T[], b: readonly T[]): number {
  let length = 0;
  for (const word of sweep(a, b)) length += countBits(~word);
  return length;
}

/**
 * The positions in `a` of one longest common subsequence of `a` and `b`, in ascending order.
 *
 * If there are several, it is the one found from the end by going back in `a` whenever that keeps the length: the choice of
 * Google's rouge-score, on which ROUGE-Lsum depends.
 *
 * @example lcsPlaces(["w1", "w2", "w3"], ["w1", "w4", "w3"]) // [0, 2]
 */
export function lcsPlaces<T>(a: readonly T[], b: readonly T[]): readonly number[] {
  const columns: Uint32Array[] = [];
  sweep(a, b, (column) => columns.push(column.slice()));
  const places: number[] = [];
  let i = a.length - 1;
  let j = b.length - 1;
  while (i >= 0 && j >= 0) {
    if (a[i] === b[j]) {
      places.push(i--);
      j--;
    } else if (grows(columns[j]!, i)) j--;
    else i--;
  }
  return places.reverse();
}

/**
 * One bit per token of `a`, 0 if the subsequence of `a` up to that token and all of `b` is longer than without the token.
 * `afterEach` sees the bits after every token of `b`; they are overwritten by the next.
 */
function sweep<T>(a: readonly T[], b: readonly T[], afterEach?: (column: Uint32Array) => void): Uint32Array {
  const size = Math.ceil(a.length / 32);
  const [starts, places] = placesOfTokens(a, size);
  const column = new Uint32Array(size).fill(0xffffffff);
  for (const token of b) {
    const start = starts.get(token);
    if (start !== undefined) step(column, places, start);
    afterEach?.(column);
  }
  return column;
}

/** The recurrence V = (V + (V & M)) | (V & ~M), with the sum's carry handed from word to word. */
function step(column: Uint32Array, places: Uint32Array, start: number): void {
  let carry = 0;
  for (let word = 0; word < column.length; word++) {
    const bits = column[word]!;
    const matches = places[start + word]!;
    const sum = bits + ((bits & matches) >>> 0) + carry;
    carry = sum > 0xffffffff ? 1 : 0;
    column[word] = sum | (bits & ~matches);
  }
}

/** For each distinct token of `a`, where its bits begin; and the bits, 1 at the token's positions. */
function placesOfTokens<T>(a: readonly T[], size: number): readonly [Map<T, number>, Uint32Array] {
  const starts = new Map<T, number>();
  for (const token of a) if (!starts.has(token)) starts.set(token, starts.size * size);
  const places = new Uint32Array(starts.size * size);
  a.forEach((token, i) => {
    places[starts.get(token)! + (i >>> 5)]! |= 1 << (i & 31);
  });
  return [starts, places];
}

function grows(column: Uint32Array, i: number): boolean {
  return ((column[i >>> 5]! >>> (i & 31)) & 1) === 0;
}

function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return (((bits + (bits >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
