/** A prompt's token ids, piece by piece; a whole text usually has other tokens at the seams. */
export interface PromptIds {
  /** The ids that its server puts before a text prompt; empty for models without BOS. */
  readonly bos: readonly number[];
  readonly prefix: readonly number[];
  readonly chunks: readonly (readonly number[])[];
  readonly question: readonly number[];
  /** The ids after the prefix and after every chunk: a separator, or filler up to a whole block; empty if there are none. */
  readonly behind: {
    readonly prefix: readonly number[];
    readonly chunks: readonly (readonly number[])[];
  };
}

/** The ids before the first chunk. */
export const beginningIds = ({ bos, prefix, behind }: PromptIds): readonly number[] => [
  ...bos,
  ...prefix,
  ...behind.prefix,
];

/** Every chunk with the ids after it. */
export const chunksWithEnds = ({ chunks, behind }: PromptIds): readonly (readonly number[])[] =>
  chunks.map((chunk, index) => [...chunk, ...behind.chunks[index]!]);

/** The ids of the whole prompt. */
export const wholeIds = (ids: PromptIds): readonly number[] => [
  ...beginningIds(ids),
  ...chunksWithEnds(ids).flat(),
  ...ids.question,
];

/** The tokens of the chunks together, without what stands behind them. */
export const chunkTokens = ({ chunks }: PromptIds): number =>
  chunks.reduce((sum, { length }) => sum + length, 0);

/** The pieces to be stored, if not empty: the prompt's beginning and every chunk. */
export const storedPieces = ({ prefix, chunks }: PromptIds): readonly (readonly number[])[] =>
  [prefix, ...chunks].filter(({ length }) => length > 0);

/** A prompt of the same pieces in reverse order, followed by the question. */
export const reversedIds = (ids: PromptIds): readonly number[] => [
  ...ids.bos,
  ...storedPieces(ids).toReversed().flat(),
  ...ids.question,
];
