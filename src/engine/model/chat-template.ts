import { type ChatFields, type ChatMessage, ChatTemplateError } from "./model-tokenizer.js";

/** Renders messages as a model's chat template does. */
export type ChatTemplate = (messages: readonly ChatMessage[], fields: ChatFields) => string;

/**
 * A model's chat template, a Jinja template as transformers' `apply_chat_template` takes it; rendered by
 * `@huggingface/jinja` 0.5.
 *
 * @param tokens the special tokens a template may name, such as `bos_token`
 * @throws a plain Error for a template that can't be read.
 */
export async function chatTemplate(
  source: string,
  tokens: Readonly<Record<string, string>>,
): Promise<ChatTemplate> {
  const { Template } = await import("@huggingface/jinja");
  const template = read(() => new Template(source));
  return (messages, { addGenerationPrompt, more }) => {
    try {
      return template.render({
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

function read<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new Error(
      `its chat template can't be read (${cause instanceof Error ? cause.message : String(cause)})`,
      {
        cause,
      },
    );
  }
}
