import type { ChunkedPrompt } from "../domain/records/chunked-prompt.js";
import { beginningIds, chunksWithEnds, type PromptIds } from "../domain/records/prompt-ids.js";
import type { PieceTokens, WorkloadRequest } from "./workload.js";

/** Tokens of one prompt that unlimited caches would contain when it comes. */
export interface ExpectedCached {
  /** Its beginning in common with any earlier prompt of its label, in whole pieces. */
  readonly prefixTokens: number;
  /** Its pieces before the question that were in any earlier prompt, at any position, or were collected in advance. */
  readonly chunkTokens: number;
}

/**
 * What unlimited caches would contain of each prompt, computed from the plan.
 *
 * Pieces are compared as a whole: two texts that only begin alike have nothing in common here. A prompt that has its ids is
 * counted as it is sent, with separators and filler.
 *
 * @param requests of one label, in the order of their starts, over all of its blocks.
 * @param collected prompts whose pieces were stored in a chunk cache in advance.
 */
export function expectedCached(
  requests: readonly Pick<WorkloadRequest, "prompt" | "pieceTokens">[],
  collected: readonly ChunkedPrompt[] = [],
): readonly ExpectedCached[] {
  const stored = new Set(collected.flatMap(({ prefix, chunks }) => [prefix, ...chunks]));
  const beginnings = new Beginnings();
  return requests.map(({ prompt, pieceTokens }) => {
    const tokens = prompt.ids === undefined ? pieceTokens : postedTokens(prompt.ids);
    const pieces = [
      { text: prompt.prefix, tokens: tokens.prefix },
      ...prompt.chunks.map((text, index) => ({ text, tokens: tokens.chunks[index]! })),
    ];
    const question = { text: prompt.question, tokens: tokens.question };
    const prefixTokens = beginnings.add([...pieces, question].filter(isThere));
    const chunkTokens = pieces.reduce((sum, { text, tokens }) => sum + (stored.has(text) ? tokens : 0), 0);
    for (const { text } of pieces) stored.add(text);
    return { prefixTokens, chunkTokens };
  });
}

/** Tokens of each piece as it is sent, with the ids after it; BOS belongs to the beginning. */
const postedTokens = (ids: PromptIds): PieceTokens => ({
  prefix: beginningIds(ids).length,
  chunks: chunksWithEnds(ids).map(({ length }) => length),
  question: ids.question.length,
});

const isThere = ({ text, tokens }: { readonly text: string; readonly tokens: number }): boolean =>
  text !== "" || tokens > 0;

/** The beginnings of all prompts so far, as a tree: each piece leads from the text before it to the text including it. */
class Beginnings {
  readonly #next = new Map<number, Map<string, number>>();
  #nodes = 0;

  /** Adds a prompt, and returns the tokens of its longest known beginning. */
  add(pieces: readonly { readonly text: string; readonly tokens: number }[]): number {
    let node = 0;
    let known = 0;
    for (const { text, tokens } of pieces) {
      const after = this.#next.get(node) ?? new Map<string, number>();
      this.#next.set(node, after);
      const next = after.get(text);
      if (next !== undefined) known += tokens;
      node = next ?? ++this.#nodes;
      after.set(text, node);
    }
    return known;
  }
}

/**
 * How long ago the least recently used of a request's documents was last sent; null if one had never been sent, or there are
 * none.
 */
export interface DocumentGap {
  /** Requests of its label from that one to this: 1 for the one just before. */
  readonly requests: number | null;
  /** From start to start. */
  readonly seconds: number | null;
}

/**
 * For each request, how long ago its documents were last used.
 *
 * @param requests of one label, in the order of their starts, over all of its blocks; starts on one clock, null if unknown.
 * @example
 * documentGaps([
 *   { documents: ["a", "b"], startSeconds: 0 },
 *   { documents: ["b"], startSeconds: 2 },
 *   { documents: ["a", "b"], startSeconds: 3 },
 * ])[2] // { requests: 2, seconds: 3 }
 */
export function documentGaps(
  requests: readonly {
    readonly documents: readonly string[] | null;
    readonly startSeconds: number | null;
  }[],
): readonly DocumentGap[] {
  const last = new Map<string, number>();
  return requests.map(({ documents, startSeconds }, index) => {
    let oldest: number | null = index;
    for (const name of documents ?? []) {
      const used = last.get(name);
      oldest = used === undefined || oldest === null ? null : Math.min(oldest, used);
    }
    for (const name of documents ?? []) last.set(name, index);
    if (oldest === null || oldest === index) return { requests: null, seconds: null };
    const then = requests[oldest]!.startSeconds;
    return {
      requests: index - oldest,
      seconds: then === null || startSeconds === null ? null : startSeconds - then,
    };
  });
}
