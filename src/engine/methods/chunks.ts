import type { ModelTokenizer } from "../model/model-tokenizer.js";

/** Consecutive tokens of a prompt, from `start` up to but without `end`. */
export interface Piece {
  readonly start: number;
  readonly end: number;
}

/**
 * A prompt in the pieces that KV reuse works on. Chunks are cached each by itself; all other tokens, the question and
 * the separators, are always computed.
 */
export interface PromptPieces {
  readonly chunks: readonly Piece[];
  readonly question: Piece;
}

/**
 * How a request says where its chunks are: by the model's own marker, which begins a chunk; by a separator between
 * them, as for LMCache; by the number of tokens of each, counted from the prompt's beginning after `<bos>`; or by the ids
 * of each, which are the prompt's own from its beginning on, or after a `<bos>` that the first does not begin with.
 */
export type Chunking =
  | { readonly by: "marker" }
  | { readonly by: "separator"; readonly separator: string }
  | { readonly by: "tokens"; readonly tokens: readonly number[] }
  | { readonly by: "ids"; readonly ids: readonly (readonly number[])[] };

/** What of a tokenizer finding chunks needs. */
type ChunkTokenizer = Pick<ModelTokenizer, "bos" | "encode">;

const MARKER = "##";
const QUESTION = "question :";

/**
 * Finds the chunks of a prompt; what comes after the last is the question. A leading `<bos>` is a chunk of its own,
 * and so is what stands before the first marker or separator.
 *
 * With the marker, the question begins at the last `question :` of the last piece; without one it is the whole piece.
 */
export function findChunks(prompt: Int32Array, chunking: Chunking, tokenizer: ChunkTokenizer): PromptPieces {
  const hasBos = chunking.by === "ids" && chunking.ids[0]?.[0] === tokenizer.bos;
  const first = prompt[0] === tokenizer.bos && !hasBos ? 1 : 0;
  const pieces = split(prompt, first, chunking, tokenizer).filter((piece) => piece.start < piece.end);
  const last = pieces.at(-1);
  const question = last?.end === prompt.length ? last : { start: prompt.length, end: prompt.length };
  const chunks = pieces.filter((piece) => piece !== question);
  return { chunks: first === 1 && prompt.length > 1 ? [{ start: 0, end: 1 }, ...chunks] : chunks, question };
}

function split(
  prompt: Int32Array,
  first: number,
  chunking: Chunking,
  tokenizer: ChunkTokenizer,
): readonly Piece[] {
  switch (chunking.by) {
    case "marker": {
      const [marker] = tokenizer.encode(MARKER);
      const starts = occurrences(prompt, Int32Array.of(marker!), first);
      const asked = occurrences(prompt, tokenizer.encode(QUESTION), starts.at(-1) ?? first).at(-1);
      return between([first, ...starts, ...(asked === undefined ? [] : [asked]), prompt.length], 0);
    }
    case "separator": {
      const separator = tokenizer.encode(chunking.separator);
      const found = occurrences(prompt, separator, first);
      return [
        ...between([first, ...found.map((start) => start + separator.length)], separator.length),
        { start: (found.at(-1) ?? first - separator.length) + separator.length, end: prompt.length },
      ];
    }
    case "tokens":
      return counted(prompt, first, chunking.tokens);
    case "ids":
      return counted(
        prompt,
        first,
        chunking.ids.map(({ length }) => length),
      );
  }
}

/** Pieces of so many tokens, and the rest. */
function counted(prompt: Int32Array, first: number, lengths: readonly number[]): readonly Piece[] {
  let end = first;
  const ends = lengths.map((length) => {
    end = Math.min(end + length, prompt.length);
    return end;
  });
  return between([first, ...ends, prompt.length], 0);
}

/** The pieces from each of `edges` to the next, short of the last `gap` tokens. */
function between(edges: readonly number[], gap: number): Piece[] {
  return edges.slice(1).map((edge, i) => ({ start: edges[i]!, end: edge - gap }));
}

/** The positions of `wanted` in `prompt`, from `first` on, without overlaps. */
function occurrences(prompt: Int32Array, wanted: Int32Array, first: number): number[] {
  const found: number[] = [];
  for (let at = first; wanted.length > 0 && at + wanted.length <= prompt.length; ) {
    if (wanted.every((id, i) => prompt[at + i] === id)) {
      found.push(at);
      at += wanted.length;
    } else at += 1;
  }
  return found;
}
