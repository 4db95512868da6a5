import { stoppedAfter } from "./stopped-after.js";

/** A template renders in milliseconds; one that loops forever would block the process. */
const MOST_SECONDS = 2;
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
  const template = stoppedAfter(MOST_SECONDS, () => new Template(source));
  return (context) => {
    const text = stoppedAfter(MOST_SECONDS, () => template.render({ ...context }));
    if (text.length <= MOST_RENDERED) return text;
    throw new Error(`it rendered ${text.length} characters, more than ${MOST_RENDERED}`);
  };
}
