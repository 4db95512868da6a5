/** A message of a chat; its content is one text. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** Turns the tokens of one answer into text, as they come. */
export interface Speller {
  /** The text that is certain with this token; "" while a character is incomplete. */
  add(id: number): string;
  /** What is left at the end. */
  end(): string;
}

/** How texts become a model's ids, and ids texts. */
export interface ModelTokenizer {
  /** How many ids there are. */
  readonly ids: number;
  /** The ids that a chunk follows when it is computed alone. */
  readonly bos: number;
  /** The ids that end an answer. */
  readonly ends: readonly number[];
  /** Whether chunks of a prompt may be found by the model's own marker. */
  readonly marksChunks: boolean;
  /** The ids of a text and nothing else. */
  encode(text: string): Int32Array;
  /** The ids of a text as a prompt, with the model's usual tokens around it. */
  prompt(text: string): Int32Array;
  /**
   * The ids of messages in the model's chat template.
   *
   * @throws ChatTemplateError if it has none, or can't render these messages.
   */
  chat(messages: readonly ChatMessage[], fields: ChatFields): Int32Array;
  /** One id's token, as the vocabulary has it. */
  word(id: number): string;
  /** The text of ids, including special tokens. */
  decode(ids: ArrayLike<number>): string;
  /** For an answer: without special tokens. */
  speller(): Speller;
}

/** Values for a chat template besides the messages. */
export interface ChatFields {
  readonly addGenerationPrompt: boolean;
  /** `chat_template_kwargs` of a request. */
  readonly more: Readonly<Record<string, unknown>>;
}

/** Messages could not be put into a model's chat template. */
export class ChatTemplateError extends Error {
  override readonly name = "ChatTemplateError";
}
