// Causal attention of some rows over packed keys and values of each KV head: in fp32 (tile-floats.ts), or in integers of 16
// bits (tile-integers.ts). Keys are walked in tiles that start at fixed positions (the online softmax of Milakov and
// Gimelshein 2018, tiled as in FlashAttention, Dao et al. 2022), and a tile stays in the L1 cache.
//
// A key beyond a row's own position has weight exactly 0, and a tile wholly beyond it changes nothing: so a row's
// result does not depend on the rows beside it nor on what lies beyond it in the cache.
import { ends, highest, KEYS, queries, ROWS, rowOf, sums, total } from "./attention-scratch";
import { floatTile } from "./tile-floats";
import { integerTile, roundQuery } from "./tile-integers";
import { scaled } from "./vector";

const FEW: i32 = 8;

/**
 * `positions` ascend; a row attends to the keys at positions up to its own. Writes heads side by side into `out`.
 * A head is at most 128 wide, and its keys, as its values, take `headBytes`.
 */
export function attention(
  q: usize, ldq: i32, positions: usize, rows: i32,
  keys: usize, values: usize, capacity: i32, headBytes: usize, rounded: bool,
  heads: i32, kvHeads: i32, headWidth: i32,
  out: usize, ldo: i32,
): void {
  // Weights are taken as powers of two, so the base's logarithm is part of the scale.
  const scale: f32 = 1.44269504 / sqrt<f32>(<f32>headWidth);
  const sharing = heads / kvHeads;
  // If there are few rows, heads that share keys become rows of one product.
  const headsTogether = rows < FEW ? min(sharing, ROWS) : 1;
  const together = ROWS / headsTogether;
  for (let row = 0; row < rows; row += together) {
    const count = min(together, rows - row);
    for (let first = 0; first < heads; ) {
      const kvHead = first / sharing;
      const kv = <usize>kvHead * headBytes;
      const some = min(headsTogether, (kvHead + 1) * sharing - first);
      for (let i = 0; i < count; i++) {
        const end = load<i32>(rowOf(positions, row + i, 1)) + 1;
        for (let h = 0; h < some; h++) {
          const from = q + (<usize>((row + i) * ldq + (first + h) * headWidth) << 2);
          const to = i * some + h;
          if (rounded) roundQuery(from, scale, to, headWidth);
          else scaled(from, scale, rowOf(queries, to, headWidth), headWidth);
          store<i32>(rowOf(ends, to, 1), end);
        }
      }
      attend(count * some, keys + kv, values + kv, capacity, headWidth, rounded);
      for (let i = 0; i < count; i++) {
        for (let h = 0; h < some; h++) {
          const share: f32 = 1 / load<f32>(rowOf(total, i * some + h, 1));
          const to = out + (<usize>((row + i) * ldo + (first + h) * headWidth) << 2);
          scaled(rowOf(sums, i * some + h, headWidth), share, to, headWidth);
        }
      }
      first += some;
    }
  }
}

/** Sums the weighted values of `queries` into `sums`, not yet divided by `total`; each row sees keys up to its end. */
function attend(rows: i32, keys: usize, values: usize, capacity: i32, width: i32, rounded: bool): void {
  memory.fill(sums, 0, <usize>(rows * width) << 2);
  for (let row = 0; row < rows; row++) {
    store<f32>(rowOf(highest, row, 1), -1e30);
    store<f32>(rowOf(total, row, 1), 0);
  }
  const end = load<i32>(rowOf(ends, rows - 1, 1));
  for (let first = 0; first < end; first += KEYS) {
    // Four rows cost the products no more than one. The results beyond the last row are never read.
    for (let row = 0; row < rows; row += 4) {
      const four = min(4, rows - row);
      const seen = load<i32>(rowOf(ends, row + four - 1, 1)) - first;
      if (seen <= 0) continue;
      const count = min(KEYS, (seen + 7) & ~7);
      if (rounded) integerTile(row, four, first, count, keys, values, width);
      else floatTile(row, four, first, count, keys, values, capacity, width);
    }
  }
}
