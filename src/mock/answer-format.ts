/** How one of the two completion routes writes its answers, as JSON texts. */
export interface AnswerFormat {
  /** The first event of a chat's stream; a completion's has none. */
  role(): string | null;
  content(text: string): string;
  finish(): string;
  usage(tokens: number): string;
  /** The whole answer of a request that does not stream. */
  whole(text: string): string;
}

/** What all parts of one answer have in common. */
export interface AnswerFacts {
  readonly number: number;
  readonly model: string;
  /** Unix seconds. */
  readonly created: number;
  /** What the prompt counts as. */
  readonly promptTokens: number;
}

// Written as texts, because building and serialising objects took longer than all the rest of an answer.

/** `/v1/chat/completions`. */
export function chatFormat({ number, model, created, promptTokens }: AnswerFacts): AnswerFormat {
  const start = (object: string) =>
    `{"id":"chatcmpl-mock-${number}","object":"${object}","created":${created},"model":${JSON.stringify(model)}`;
  const delta = (fields: string, finish: string) =>
    `${start("chat.completion.chunk")},"choices":[{"index":0,"delta":{${fields}},"finish_reason":${finish}}]}`;
  return {
    role: () => delta(`"role":"assistant","content":""`, "null"),
    content: (text) => delta(`"content":${JSON.stringify(text)}`, "null"),
    finish: () => delta("", `"stop"`),
    usage: (tokens) => `${start("chat.completion.chunk")},"choices":[],${usageOf(promptTokens, tokens)}}`,
    whole: (text) => {
      const message = `{"role":"assistant","content":${JSON.stringify(text)}}`;
      const choices = `[{"index":0,"message":${message},"finish_reason":"stop"}]`;
      return `${start("chat.completion")},"choices":${choices},${usageOf(promptTokens, 1)}}`;
    },
  };
}

/** `/v1/completions`. */
export function completionFormat({ number, model, created, promptTokens }: AnswerFacts): AnswerFormat {
  const start = `{"id":"cmpl-mock-${number}","object":"text_completion","created":${created},"model":${JSON.stringify(model)}`;
  const choices = (text: string, finish: string) =>
    `"choices":[{"index":0,"text":${JSON.stringify(text)},"logprobs":null,"finish_reason":${finish}}]`;
  return {
    role: () => null,
    content: (text) => `${start},${choices(text, "null")}}`,
    finish: () => `${start},${choices("", `"stop"`)}}`,
    usage: (tokens) => `${start},"choices":[],${usageOf(promptTokens, tokens)}}`,
    whole: (text) => `${start},${choices(text, `"stop"`)},${usageOf(promptTokens, 1)}}`,
  };
}

/** One token per chunk. */
const usageOf = (prompt: number, tokens: number): string =>
  `"usage":{"prompt_tokens":${prompt},"completion_tokens":${tokens},"total_tokens":${prompt + tokens}}`;
