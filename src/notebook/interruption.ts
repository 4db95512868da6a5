import { FirstTokenError } from "../domain/errors/errors.js";

/** A signal that the next interrupt of the kernel aborts. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Stops listening for interrupts. */
  forget(): void;
}

/** The active listener; a failed run leaves its own behind. */
let current: Interruption | null = null;

/**
 * Listens for the kernel's interrupt (SIGINT), which by itself ends only the cell: the run would continue unseen.
 *
 * @param onInterrupt Called first, while the page still takes what the cell shows.
 */
export function interruption(onInterrupt: () => void): Interruption {
  current?.forget();
  const controller = new AbortController();
  const listener = (): void => {
    forget();
    controller.abort(
      new FirstTokenError("Interrupted. What was measured is in the log; continue with resume: true."),
    );
    onInterrupt();
  };
  // tslab runs the first part of a cell with `breakOnSigint`, and when that part ends Node puts back the handler that ends
  // the process (node:vm of Node 20): a listener added before would be ignored, and the kernel would die.
  const pending = setImmediate(() => process.on("SIGINT", listener));
  const forget = (): void => {
    clearImmediate(pending);
    process.off("SIGINT", listener);
  };
  current = { signal: controller.signal, forget };
  return current;
}
