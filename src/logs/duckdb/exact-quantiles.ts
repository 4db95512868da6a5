import { type Connection, visitRows } from "./duckdb.js";

/**
 * Quantiles of type 7 of the seconds of each cell, exact and in bounded memory. The values are counted in bins of a
 * thousandth; only those of the bins with the order statistics that are asked for are then looked at.
 *
 * @param table its columns: `cell`, a text or a whole number, and `seconds`, of 0 or more.
 * @param shares each from 0 to 1.
 * @returns for each cell, by its text, a quantile for each share.
 */
export async function exactQuantiles(
  connection: Connection,
  table: string,
  shares: readonly number[],
): Promise<ReadonlyMap<string, readonly number[]>> {
  const bin = "CASE WHEN seconds > 0 THEN floor(1000 * ln(seconds))::INTEGER ELSE -2147483648 END";
  // A bin's place is the number of smaller values of its cell.
  await connection.run(`CREATE OR REPLACE TEMP TABLE bins AS
    SELECT *, sum(n) OVER (PARTITION BY cell ORDER BY bin) - n AS place
    FROM (SELECT cell, ${bin} AS bin, count(*) AS n FROM ${table} GROUP BY ALL)`);
  const ends = shares.map((share) => `(${share}::DOUBLE)`).join(", ");
  await connection.run(`CREATE OR REPLACE TEMP TABLE wanted AS
    SELECT DISTINCT cell, unnest([least, least(least + 1, last)]) AS rank
    FROM (SELECT cell, last, floor(last * share)::BIGINT AS least
      FROM (SELECT cell, sum(n)::BIGINT - 1 AS last FROM bins GROUP BY cell), (VALUES ${ends}) AS asked(share))`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE ranked AS
    WITH looked_at AS (
      SELECT cell, bin, any_value(place) AS place FROM bins JOIN wanted USING (cell)
      WHERE rank >= place AND rank < place + n GROUP BY ALL),
    counted AS (
      SELECT cell, bin, seconds, count(*) AS n
      FROM (SELECT cell, ${bin} AS bin, seconds FROM ${table}) SEMI JOIN looked_at USING (cell, bin) GROUP BY ALL),
    placed AS (
      SELECT cell, seconds, n,
        place + sum(n) OVER (PARTITION BY cell, bin ORDER BY seconds) - n AS place
      FROM counted JOIN looked_at USING (cell, bin))
    SELECT cell, rank, seconds FROM placed JOIN wanted USING (cell) WHERE rank >= place AND rank < place + n`);
  const found = new Map<string, Map<number, number>>();
  await visitRows(
    connection,
    "SELECT cell::VARCHAR, rank::DOUBLE, seconds FROM ranked",
    ([cell, rank, seconds]) => {
      const ranks = found.get(String(cell)) ?? new Map<number, number>();
      found.set(String(cell), ranks.set(Number(rank), Number(seconds)));
      return undefined;
    },
  );
  const quantiles = new Map<string, readonly number[]>();
  const counts = "SELECT cell::VARCHAR, (sum(n) - 1)::DOUBLE FROM bins GROUP BY cell";
  await visitRows(connection, counts, ([cell, last]) => {
    const ranks = found.get(String(cell))!;
    const at = (share: number): number => {
      const place = Number(last) * share;
      const least = Math.floor(place);
      const low = ranks.get(least)!;
      return low + (ranks.get(Math.min(least + 1, Number(last)))! - low) * (place - least);
    };
    quantiles.set(String(cell), shares.map(at));
    return undefined;
  });
  for (const made of ["bins", "wanted", "ranked"]) await connection.run(`DROP TABLE ${made}`);
  return quantiles;
}
