import type { ModelTokenizer } from "../model/model-tokenizer.js";
import type { PromptLogprobs } from "./prompt-logprobs.js";
import type { Told } from "./told-logprobs.js";

/**
 * An answer with the prompt before it, where that was asked for (`echo`): the text as it was posted, of ids their own, and
 * the prompt's tokens, each of which begins where the texts of those before it end.
 */
export function withEcho(
  told: Told,
  { prompt, echo }: { readonly prompt: Int32Array; readonly echo: string | null },
  logprobs: PromptLogprobs | null,
  tokenizer: Pick<ModelTokenizer, "decode">,
): Told {
  if (echo === null) return told;
  const text = echo + told.text;
  if (told.tokens === null) return { text, tokens: null };
  let textOffset = 0;
  const before = Array.from(prompt, (id, at) => {
    const token = { id, textOffset, logprobs: logprobs?.[at] ?? null };
    textOffset += tokenizer.decode([id]).length;
    return token;
  });
  const behind = told.tokens.map((token) => ({ ...token, textOffset: echo.length + token.textOffset }));
  return { text, tokens: [...before, ...behind] };
}
