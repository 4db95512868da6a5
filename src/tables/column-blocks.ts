import type { Column } from "./table-parts.js";

/** The columns in blocks no wider than `widest`, each beginning with the key columns; widths in letters. */
export function columnBlocks<C extends { readonly column: Column; readonly width: number }>(
  columns: readonly C[],
  { widest, gap }: { readonly widest: number; readonly gap: number },
): C[][] {
  const keys = columns.filter(({ column }) => column.isKey);
  const blocks: C[][] = [[...keys]];
  for (const column of columns) {
    if (column.column.isKey) continue;
    const block = blocks.at(-1)!;
    if (widthOf([...block, column], gap) > widest && block.length > keys.length)
      blocks.push([...keys, column]);
    else block.push(column);
  }
  return blocks;
}

/** The width of columns side by side. */
export const widthOf = (columns: readonly { readonly width: number }[], gap: number): number =>
  columns.reduce((sum, { width }) => sum + width + gap, -gap);
