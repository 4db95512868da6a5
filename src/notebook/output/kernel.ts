import { createRequire } from "node:module";

/** One thing to show, by MIME type; the page takes the richest it can show. */
export type Bundle = Readonly<Record<string, unknown>>;

/** Shows bundles under the notebook cell that was running when this was created; a new object for every run. */
export interface Cell {
  /** Shows a bundle, under an id if it is to be replaced later. */
  show(bundle: Bundle, id?: string): void;
  /** Replaces what was shown under an id. */
  replace(bundle: Bundle, id: string): void;
}

/** The function that tslab's own `display` calls, once per MIME type. */
type WriteDisplayData = (
  content: {
    readonly data: Bundle;
    readonly metadata: Readonly<Record<string, never>>;
    readonly transient: { readonly display_id?: string };
  },
  update: boolean,
) => void;

const cells = new WeakMap<WriteDisplayData, Cell>();

/** The running cell of a tslab notebook; null outside one. */
export function runningCell(): Cell | null {
  const write = displayWriter();
  if (write === null) return null;
  const known = cells.get(write);
  if (known !== undefined) return known;
  const send = (data: Bundle, update: boolean, display_id?: string) =>
    write({ data, metadata: {}, transient: display_id === undefined ? {} : { display_id } }, update);
  const cell: Cell = {
    show: (bundle, id) => send(bundle, false, id),
    replace: (bundle, id) => send(bundle, true, id),
  };
  cells.set(write, cell);
  return cell;
}

/**
 * tslab 1.0.22's public `display` sends one MIME type per call, so its internal writer is used if there is one. It is new for
 * every cell. More than one tslab may be loaded; only the one that runs cells has a writer.
 */
function displayWriter(): WriteDisplayData | null {
  const { cache } = createRequire(import.meta.url);
  for (const [path, loaded] of Object.entries(cache)) {
    if (!/[\\/]tslab[\\/]dist[\\/]jupyter\.js$/.test(path)) continue;
    const writer: unknown = loaded?.exports?.lastWriteDisplayData;
    if (typeof writer === "function") return writer as WriteDisplayData;
  }
  return null;
}

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
