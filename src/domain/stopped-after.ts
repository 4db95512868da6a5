import { createContext, Script } from "node:vm";

const RUN = new Script("run()");
/** One context for all: creating one takes longer than most of what runs in it. */
const PLACE: { run: (() => unknown) | null } = { run: null };
const CONTEXT = createContext(PLACE);

/**
 * Runs code controlled by an untrusted file, such as a template's loops or a tokenizer's regular expressions, and stops it
 * after a time limit. The time limit of a `node:vm` script also covers functions outside it that it calls.
 *
 * @throws a plain Error if the limit is exceeded; whatever the code throws itself.
 * @example stoppedAfter(2, () => template.render({ messages })) // "<|im_start|>user\n…"
 */
export function stoppedAfter<T>(seconds: number, run: () => T): T {
  try {
    // Read before anything runs, because that may call this function again.
    PLACE.run = run;
    return RUN.runInContext(CONTEXT, { timeout: seconds * 1_000 }) as T;
  } catch (cause) {
    if ((cause as { readonly code?: unknown } | null)?.code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw cause;
    throw new Error(`it did not end within ${seconds} s`, { cause });
  } finally {
    PLACE.run = null;
  }
}
