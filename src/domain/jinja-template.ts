import { createContext, Script } from "node:vm";

/** A template renders in milliseconds; one that loops forever would block the process. */
const MOST_MILLISECONDS = 2_000;
/** The largest of known models has a thirtieth of it. */
const MOST_CHARACTERS = 2 ** 20;
/** As much as a request's body may have. */
const MOST_RENDERED = 2 ** 26;

/**
 * A Jinja template as models' files have them, by `@huggingface/jinja` 0.5. It is a stranger's program: it is stopped after
 * two seconds, and what it renders is bounded.
 *
 * @throws a plain Error for one that can't be read, and in rendering for one that fails, goes on or renders too much.
 */
export async function jinjaTemplate(
  source: string,
): Promise<(context: Readonly<Record<string, unknown>>) => string> {
  if (source.length > MOST_CHARACTERS) {
    throw new Error(`it has ${source.length} characters, more than ${MOST_CHARACTERS}`);
  }
  const { Template } = await import("@huggingface/jinja");
  const template = limited(() => new Template(source));
  return (context) => {
    const text = limited(() => template.render({ ...context }));
    if (text.length <= MOST_RENDERED) return text;
    throw new Error(`it rendered ${text.length} characters, more than ${MOST_RENDERED}`);
  };
}

const RUN = new Script("run()");

/** Whatever a script of `node:vm` calls ends with the script's time, also where it stands outside of it. */
function limited<T>(run: () => T): T {
  try {
    return RUN.runInContext(createContext({ run }), { timeout: MOST_MILLISECONDS }) as T;
  } catch (cause) {
    if ((cause as { readonly code?: unknown }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw cause;
    throw new Error(`it did not end within ${MOST_MILLISECONDS / 1_000} s`, { cause });
  }
}
