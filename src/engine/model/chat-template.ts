import { jinjaTemplate } from "../../domain/jinja-template.js";
import { type ChatFields, type ChatMessage, ChatTemplateError } from "./model-tokenizer.js";

/** Renders messages as a model's chat template does. */
export type ChatTemplate = (messages: readonly ChatMessage[], fields: ChatFields) => string;

/**
 * A model's chat template, a Jinja template as transformers' `apply_chat_template` takes it.
 *
 * @param tokens the special tokens a template may name, such as `bos_token`
 * @throws a plain Error for a template that can't be read.
 */
export async function chatTemplate(
  source: string,
  tokens: Readonly<Record<string, string>>,
): Promise<ChatTemplate> {
  const render = await jinjaTemplate(source).catch((cause: Error) => {
    throw new Error(`its chat template can't be read (${cause.message})`, { cause });
  });
  return (messages, { addGenerationPrompt, more }) => {
    try {
      return render({
        ...tokens,
        ...more,
        messages: [...messages],
        add_generation_prompt: addGenerationPrompt,
      });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ChatTemplateError(`The model's chat template does not take these messages: ${why}`, {
        cause,
      });
    }
  };
}
