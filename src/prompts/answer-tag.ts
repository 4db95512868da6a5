import type { ChunkedPrompt } from "../domain/records/chunked-prompt.js";

/** A valid name of an answer's tag. */
export const ANSWER_TAG = /^[A-Za-z][\w-]{0,31}$/;

/** Output tokens of a model that thinks before it answers. */
export const TAGGED_OUTPUT_TOKENS = 1_024;

/** A prompt that asks for its answer in a tag, stated before the question, so that the chunks do not change. */
export function askInTag(prompt: ChunkedPrompt, tag: string): ChunkedPrompt {
  const [lead] = /^\s*/.exec(prompt.question)!;
  const asked = `Think first if you need to; then write the answer alone between <${tag}> and </${tag}>.\n`;
  return { ...prompt, question: `${lead}${asked}${prompt.question.slice(lead.length)}` };
}

/**
 * The trimmed content of an answer's last complete tag; null if there is none, because a tag that was never closed may lack
 * half of its answer.
 *
 * @example answerInTag("So it is… <answer>Saltby</answer>", "answer") // "Saltby"
 */
export function answerInTag(output: string, tag: string): string | null {
  const close = output.lastIndexOf(`</${tag}>`);
  const open = close < 0 ? -1 : output.lastIndexOf(`<${tag}>`, close);
  return open < 0 ? null : output.slice(open + tag.length + 2, close).trim();
}
