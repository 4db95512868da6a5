/** How one of the two completion endpoints words its answers, as JSON texts. */
export interface AnswerFormat {
  /** The first event of a chat's stream; a completion's has none. */
  readonly role: string | null;
  content(text: string): string;
  readonly finish: string;
  usage(tokens: number): string;
  /** The whole answer of a request that does not stream. */
  whole(text: string): string;
}

/** What answers to one request have in common. */
export interface AnswerFacts {
  readonly number: number;
  readonly model: string;
  /** Unix seconds. */
  readonly created: number;
}

/** `/v1/chat/completions`. */
export function chatFormat({ number, model, created }: AnswerFacts): AnswerFormat {
  const chunk = { id: `chatcmpl-mock-${number}`, object: "chat.completion.chunk", created, model };
  const delta = (content: object, finish: "stop" | null) =>
    JSON.stringify({ ...chunk, choices: [{ index: 0, delta: content, finish_reason: finish }] });
  return {
    role: delta({ role: "assistant", content: "" }, null),
    content: (text) => delta({ content: text }, null),
    finish: delta({}, "stop"),
    usage: (tokens) => JSON.stringify({ ...chunk, choices: [], usage: usageOf(tokens) }),
    whole: (content) =>
      JSON.stringify({
        ...chunk,
        object: "chat.completion",
        choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
        usage: usageOf(1),
      }),
  };
}

/** `/v1/completions`. */
export function completionFormat({ number, model, created }: AnswerFacts): AnswerFormat {
  const head = { id: `cmpl-mock-${number}`, object: "text_completion", created, model };
  const choices = (text: string, finish: "stop" | null) => [
    { index: 0, text, logprobs: null, finish_reason: finish },
  ];
  return {
    role: null,
    content: (text) => JSON.stringify({ ...head, choices: choices(text, null) }),
    finish: JSON.stringify({ ...head, choices: choices("", "stop") }),
    usage: (tokens) => JSON.stringify({ ...head, choices: [], usage: usageOf(tokens) }),
    whole: (text) => JSON.stringify({ ...head, choices: choices(text, "stop"), usage: usageOf(1) }),
  };
}

/** One token a chunk; a prompt counts as one token, for nobody reads it. */
const usageOf = (tokens: number) => ({
  prompt_tokens: 1,
  completion_tokens: tokens,
  total_tokens: 1 + tokens,
});
