import type { ProxyRecord } from "../../../domain/records/record-kinds.js";

/** A direct and a proxied request at the same position of two successive loads. */
export interface RequestPair {
  readonly direct: ProxyRecord;
  readonly proxied: ProxyRecord;
}

/** A direct load and the proxied one that followed it. */
export interface ProxyBlock {
  readonly direct: readonly ProxyRecord[];
  readonly proxied: readonly ProxyRecord[];
  /** Positions that both have, whether or not the requests succeeded. */
  readonly pairs: readonly RequestPair[];
}

/**
 * Sorts the rows of one proxy under one load into their blocks, and pairs direct with proxied requests.
 *
 * A position seen twice begins a new run, because logs of two runs may be read under one label.
 */
export function proxyBlocks(rows: readonly ProxyRecord[]): ProxyBlock[] {
  const blocks = new Map<string, Record<ProxyRecord["target"], Map<number, ProxyRecord>>>();
  let run = 0;
  for (const row of rows) {
    const key = () => `${run} ${row.repeat} ${row.block}`;
    if (blocks.get(key())?.[row.target].has(row.run_index)) run++;
    const block = blocks.get(key()) ?? { direct: new Map(), proxied: new Map() };
    block[row.target].set(row.run_index, row);
    blocks.set(key(), block);
  }
  return [...blocks.values()].map(({ direct, proxied }) => ({
    direct: [...direct.values()],
    proxied: [...proxied.values()],
    pairs: [...direct].flatMap(([place, row]) => {
      const partner = proxied.get(place);
      return partner === undefined ? [] : [{ direct: row, proxied: partner }];
    }),
  }));
}
