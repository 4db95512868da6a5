import { stoppedAfter } from "./stopped-after.js";

/** A template renders in milliseconds; one that loops forever would block the process. */
const MOST_SECONDS = 2;
/** The largest template of a known model has a thirtieth of this. */
const MOST_CHARACTERS = 2 ** 20;
/** The same limit as for a request's body. */
const MOST_RENDERED = 2 ** 26;

/**
 * A Jinja template from a model's files, rendered by `@huggingface/jinja` 0.5. It is untrusted code: it is stopped after
 * `mostSeconds`, and its output is limited.
 *
 * @throws a plain Error for one that can't be read, and when rendering for one that fails, does not end or renders too much.
 */
export async function jinjaTemplate(
  source: string,
  mostSeconds = MOST_SECONDS,
): Promise<(context: Readonly<Record<string, unknown>>) => string> {
  if (source.length > MOST_CHARACTERS) {
    throw new Error(`it has ${source.length} characters, more than ${MOST_CHARACTERS}`);
  }
  const { Template } = await import("@huggingface/jinja");
  const template = stoppedAfter(mostSeconds, () => new Template(source));
  return (context) => {
    const text = stoppedAfter(mostSeconds, () => template.render({ ...context }));
    if (text.length <= MOST_RENDERED) return text;
    throw new Error(`it rendered ${text.length} characters, more than ${MOST_RENDERED}`);
  };
}
