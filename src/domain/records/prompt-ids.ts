/** A prompt's token ids, piece by piece: a text's tokens at the seams are seldom the pieces' own. */
export interface PromptIds {
  /** What a text prompt begins with at its server; empty for models without BOS. */
  readonly bos: readonly number[];
  /** Stands behind the prefix and behind every chunk; empty where nothing does. */
  readonly separator: readonly number[];
  readonly prefix: readonly number[];
  readonly chunks: readonly (readonly number[])[];
  readonly question: readonly number[];
}

/** What stands before the first chunk. */
export const beginningIds = ({ bos, prefix, separator }: PromptIds): readonly number[] =>
  prefix.length === 0 ? bos : [...bos, ...prefix, ...separator];

/** The ids of the whole prompt. */
export const wholeIds = (ids: PromptIds): readonly number[] => [
  ...beginningIds(ids),
  ...ids.chunks.flatMap((chunk) => [...chunk, ...ids.separator]),
  ...ids.question,
];

/** The tokens of the chunks together. */
export const chunkTokens = ({ chunks }: PromptIds): number =>
  chunks.reduce((sum, { length }) => sum + length, 0);

/** The pieces that are stored, of those that have tokens: the prompt's beginning and every chunk. */
export const storedPieces = ({ prefix, chunks }: PromptIds): readonly (readonly number[])[] =>
  [prefix, ...chunks].filter(({ length }) => length > 0);

/** A prompt of the same pieces in the opposite order, with the question behind them. */
export const reversedIds = (ids: PromptIds): readonly number[] => [
  ...ids.bos,
  ...storedPieces(ids).toReversed().flat(),
  ...ids.question,
];
