import { isObject, type JsonObject } from "../../domain/json.js";

/** What a message, or a part of one in a stream, holds. */
export interface MessageText {
  readonly content: string;
  readonly reasoning: string;
  /** A part of a tool call, a function call or a refusal: tokens of their own kind. */
  readonly hasOther: boolean;
}

/**
 * Where servers put a model's thoughts beside its content: DeepSeek and vLLM, OpenRouter and newer vLLM, Ollama and
 * LiteLLM, others. One text may stand in several of them, so the first that holds any counts.
 */
const REASONING_FIELDS = ["reasoning_content", "reasoning", "thinking", "reasoning_text", "thinking_blocks"];

/**
 * Reads a `delta` of a stream, or the `message` of a whole answer.
 *
 * Thoughts may also be parts of the content (`{ type: "thinking" }`, Mistral), entries of `reasoning_details`
 * (OpenRouter), or content that a flag says is thought (`extra_content.google.thought`, Gemini).
 *
 * @example readMessageText({ content: "Hi", reasoning: "hm" }) // { content: "Hi", reasoning: "hm", hasOther: false }
 */
export function readMessageText(message: JsonObject): MessageText {
  const said = { content: "", thoughts: "" };
  for (const part of partsOf(message.content)) {
    const isThought = typeof part !== "string" && isThoughtPart(part);
    said[isThought ? "thoughts" : "content"] += textOf(part);
  }
  const isThought = saysThought(message);
  const beside =
    firstText(REASONING_FIELDS.map((field) => message[field])) || textOf(message.reasoning_details);
  return {
    content: isThought ? "" : said.content,
    reasoning: beside || said.thoughts + (isThought ? said.content : ""),
    hasOther:
      isFilledList(message.tool_calls) || isObject(message.function_call) || textOf(message.refusal) !== "",
  };
}

const partsOf = (content: unknown): readonly (string | JsonObject)[] =>
  (Array.isArray(content) ? content : [content]).filter((part) => typeof part === "string" || isObject(part));

const isThoughtPart = (part: JsonObject): boolean =>
  (typeof part.type === "string" && /think|thought|reason|summary/i.test(part.type)) || saysThought(part);

/** The flag of Gemini's OpenAI route, or of its own parts. */
const saysThought = ({ thought, extra_content }: JsonObject): boolean =>
  thought === true ||
  (isObject(extra_content) && isObject(extra_content.google) && extra_content.google.thought === true);

/** A text, or the texts of a list, or of an object's field that has one. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(textOf).join("");
  if (!isObject(value)) return "";
  return firstText([value.text, value.thinking, value.summary, value.content, value.reasoning]);
}

const firstText = (values: readonly unknown[]): string => {
  for (const value of values) {
    const text = textOf(value);
    if (text !== "") return text;
  }
  return "";
};

const isFilledList = (value: unknown): boolean => Array.isArray(value) && value.length > 0;
