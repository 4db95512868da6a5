import { createContext, Script } from "node:vm";

const RUN = new Script("run()");
/** One for all: a new one takes longer than most of what is run in it. */
const PLACE: { run: (() => unknown) | null } = { run: null };
const CONTEXT = createContext(PLACE);

/**
 * Runs what a stranger's file makes of an input, such as a template's loops or a tokenizer's regular expressions, and stops
 * it when it goes on for so long. Whatever a script of `node:vm` calls ends with the script's time, also where it stands
 * outside of it.
 *
 * @throws a plain Error that says so; whatever it throws itself.
 * @example stoppedAfter(2, () => template.render({ messages })) // "<|im_start|>user\n…"
 */
export function stoppedAfter<T>(seconds: number, run: () => T): T {
  try {
    // Read before anything is run, which may come here again.
    PLACE.run = run;
    return RUN.runInContext(CONTEXT, { timeout: seconds * 1_000 }) as T;
  } catch (cause) {
    if ((cause as { readonly code?: unknown } | null)?.code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw cause;
    throw new Error(`it did not end within ${seconds} s`, { cause });
  } finally {
    PLACE.run = null;
  }
}
