import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { OptionError } from "../../domain/errors/errors.js";
import { type JsonObject, jsonObject } from "../../domain/json.js";
import { chatTemplateIn, specialTokenIn } from "../../domain/tokenizer-files.js";
import type { TokenCounter } from "../../tokens/token-counter.js";
import { type ChatTemplate, SPACED, templateOfText, WORDS } from "./chat-template.js";

/**
 * The chat template of a model's own files, beside its `tokenizer.json`: `chat_template.jinja`, or `chat_template` of
 * `tokenizer_config.json`. Null where there is none.
 *
 * Source: Hugging Face transformers, `apply_chat_template`; rendered by `@huggingface/jinja` 0.5.
 *
 * @param fields `chat_template_kwargs` of a request, which the template may ask for
 * @throws OptionError for a template that can't be rendered.
 */
export async function localChatTemplate(
  tokenizer: string,
  tokens: TokenCounter,
  fields: JsonObject = {},
): Promise<ChatTemplate | null> {
  const beside = (name: string): string | null => {
    try {
      return readFileSync(join(dirname(tokenizer), name), "utf8");
    } catch {
      return null;
    }
  };
  const config = jsonObject(beside("tokenizer_config.json") ?? "") ?? {};
  const source = beside("chat_template.jinja") ?? chatTemplateIn(config.chat_template);
  if (source === null) return null;
  const bos = specialTokenIn(config.bos_token);
  const render = await renderer(tokenizer, source, {
    ...fields,
    bos_token: bos,
    eos_token: specialTokenIn(config.eos_token),
  });
  const [text, spaced] = [render(WORDS), render(SPACED)];
  const begins = bos !== "" && text.startsWith(bos) && spaced.startsWith(bos);
  const found = templateOfText(
    begins ? text.slice(bos.length) : text,
    begins ? spaced.slice(bos.length) : spaced,
  );
  return found && begins ? { ...found, bos: (await tokens.encode(bos)) ?? [] } : found;
}

async function renderer(
  path: string,
  source: string,
  context: JsonObject,
): Promise<(content: string) => string> {
  const { Template } = await import("@huggingface/jinja");
  try {
    const template = new Template(source);
    const render = (content: string): string =>
      template.render({ ...context, messages: [{ role: "user", content }], add_generation_prompt: true });
    render(WORDS);
    return render;
  } catch (cause) {
    throw new OptionError(
      "tokenizer",
      `must have a chat template beside it that can be rendered (${(cause as Error).message})`,
      path,
    );
  }
}
