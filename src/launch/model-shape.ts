/** What of a model decides whether it fits, and what its KV weighs. */
export interface ModelShape {
  /** Graphics cards of 80 GB it takes at 16 bits. */
  readonly gpus: number;
  readonly contextTokens: number;
  readonly weightGigabytes: number;
  /** Keys and values of one token at 16 bits: 2 × layers × KV heads × head width × 2 bytes. */
  readonly kvBytesPerToken: number;
  readonly note: string | null;
}

/** From the models' `config.json`. */
const KNOWN: readonly (readonly [RegExp, ModelShape])[] = [
  [
    /\bmistral-7b-instruct-v0\.1\b/i,
    {
      gpus: 1,
      contextTokens: 32_768,
      weightGigabytes: 14.5,
      kvBytesPerToken: 2 * 32 * 8 * 128 * 2,
      note:
        "This version has an attention window of 4,096 tokens, so TTFT grows less with the context than in most models. " +
        "v0.2 has no window. Older instructions ask for 131,072 tokens; the model's limit is 32,768.",
    },
  ],
  [
    /\bmistral-7b\b/i,
    {
      gpus: 1,
      contextTokens: 32_768,
      weightGigabytes: 14.5,
      kvBytesPerToken: 2 * 32 * 8 * 128 * 2,
      note: null,
    },
  ],
  [
    /\byi-34b-200k\b/i,
    {
      gpus: 2,
      contextTokens: 200_000,
      weightGigabytes: 68.8,
      kvBytesPerToken: 2 * 60 * 8 * 128 * 2,
      note: "A base model: it continues a text and does not chat. It needs two cards of 80 GB.",
    },
  ],
];

/** The shape of a model by its id, or null for one not known here. */
export function shapeOf(model: string): ModelShape | null {
  return KNOWN.find(([name]) => name.test(model))?.[1] ?? null;
}

/** What a known model weighs, and a full context of it. */
export function weightNotes(model: string, contextTokens: number | null): string[] {
  const shape = shapeOf(model);
  if (shape === null) return [];
  const tokens = contextTokens ?? shape.contextTokens;
  const kilobytes = Math.round(shape.kvBytesPerToken / 1024);
  const gigabytes = ((shape.kvBytesPerToken * tokens) / 1e9).toFixed(1);
  const weights = `Weights take ${shape.weightGigabytes} GB, the KV of a token ${kilobytes} KiB, and that of ${tokens.toLocaleString("en-US")} tokens ${gigabytes} GB.`;
  return shape.note === null ? [weights] : [weights, shape.note];
}
