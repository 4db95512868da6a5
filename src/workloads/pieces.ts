import type { TokenBudget } from "../domain/records/token-count.js";
import { nonceLine } from "../prompts/filler.js";
import { type Piece, paragraph } from "../prompts/paragraph.js";
import type { Random } from "../stats/random.js";
import type { WorkloadRequest } from "./workload.js";

/** Tokens of the question at the end of a generated prompt. */
export const QUESTION_TOKENS = 24;
/** A prompt of fewer tokens is only a question. */
const SHORT_PROMPT = 2 * QUESTION_TOKENS;
export const NOTHING: Piece = { text: "", tokens: 0 };

/** The paragraph for a name: always the same text for each label and tokenizer. */
export type NamedTexts = (tokens: TokenBudget, texts: Random, name: string, length: number) => Promise<Piece>;

/** Makes each text once, and keeps it. */
export function namedTexts(): NamedTexts {
  const made = new WeakMap<TokenBudget, Map<string, Promise<Piece>>>();
  return (tokens, texts, name, length) => {
    const known = made.get(tokens) ?? new Map<string, Promise<Piece>>();
    made.set(tokens, known);
    // Forks of one name are equal, so a number drawn from one identifies whose texts these are.
    const key = JSON.stringify([texts.fork("which")(), name, length]);
    const piece = known.get(key) ?? paragraph(texts.fork(name), tokens, length);
    known.set(key, piece);
    return piece;
  };
}

/** A new question of the given length in tokens. */
export const ownQuestion = (texts: Random, tokens: TokenBudget, length: number): Promise<Piece> =>
  paragraph(texts.fork("question"), tokens, length, "?\nAnswer:");

/** What a request's columns say about its prompt. */
export type Composed = Pick<WorkloadRequest, "prompt" | "contextTokens" | "pieceTokens">;

/** Joins paragraphs. The first one comes after no other, and is counted accordingly. */
export async function compose(
  tokens: TokenBudget,
  prefix: Piece,
  chunks: readonly Piece[],
  question: Piece,
): Promise<Composed> {
  const pieces = [prefix, ...chunks, question];
  const first = pieces.findIndex(({ text }) => text !== "");
  const counts = pieces.map((piece) => piece.tokens);
  if (first >= 0) counts[first] = await tokens.count(pieces[first]!.text);
  const pieceTokens = { prefix: counts[0]!, chunks: counts.slice(1, -1), question: counts.at(-1)! };
  return {
    prompt: { prefix: prefix.text, chunks: chunks.map(({ text }) => text), question: question.text },
    contextTokens: counts.slice(0, -1).reduce((sum, count) => sum + count, 0),
    pieceTokens,
  };
}

/** A prompt of exactly the given length whose texts are new, starting with a first line that no other prompt begins with. */
export async function ownPrompt(texts: Random, tokens: TokenBudget, length: number): Promise<Composed> {
  if (length < SHORT_PROMPT) return compose(tokens, NOTHING, [], await ownQuestion(texts, tokens, length));
  const line = nonceLine(texts.fork("first line"));
  const prefix = { text: line, tokens: await tokens.count(line) };
  return fill(texts, tokens, prefix, length);
}

/** In place of the own texts of requests that other processes send. */
export const ANOTHERS = "A text of a request that another process sends.";

/** A prompt that another process sends, as far as other prompts share it. */
export const anothersPrompt = (prefix: Piece, chunks: readonly Piece[]): Composed => ({
  prompt: { prefix: prefix.text, chunks: chunks.map(({ text }) => text), question: ANOTHERS },
  contextTokens: 0,
  pieceTokens: { prefix: prefix.tokens, chunks: chunks.map(({ tokens }) => tokens), question: 0 },
});

/** The rest of a prompt of exactly the given length after a beginning: a new text and a question. */
export async function fill(
  texts: Random,
  tokens: TokenBudget,
  prefix: Piece,
  length: number,
): Promise<Composed> {
  const own = await paragraph(texts.fork("own"), tokens, length - prefix.tokens - QUESTION_TOKENS);
  const question = await ownQuestion(texts, tokens, length - prefix.tokens - own.tokens);
  return compose(tokens, prefix, [own], question);
}
