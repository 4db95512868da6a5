import type { Bundle, Cell } from "./kernel.js";

let count = 0;

/** Shows a bundle under a cell the first time, and replaces it from then on. */
export function updatable(cell: Cell): (bundle: Bundle) => void {
  const id = `firsttoken-${process.pid}-${++count}`;
  let isThere = false;
  return (bundle) => {
    if (isThere) return cell.replace(bundle, id);
    isThere = true;
    cell.show(bundle, id);
  };
}
