import MiniSearch from "minisearch";
import { z } from "zod";
import { OptionError } from "../../domain/errors/errors.js";
import { checkOptions } from "../../domain/errors/options.js";
import type { Example } from "../../domain/records/example.js";
import { DatasetError } from "../files/dataset-problem.js";
import { storyPassages } from "../schemas/story.js";
import { readDocuments } from "./documents.js";

export interface RetrieveOptions {
  /** A folder, a text file or a JSONL file with the documents to search. */
  readonly documents: string;
  /** Number of chunks per question, best first; default 6. */
  readonly retrieve?: number;
  /** Maximum tokens of a chunk, at four characters a token; default 512. */
  readonly chunkTokens?: number;
}

const OPTIONS = z.strictObject({
  documents: z.string("must be a path").min(1, "must be a path"),
  retrieve: z
    .int("must be a whole number")
    .min(1, "must be from 1 to 100")
    .max(100, "must be from 1 to 100")
    .default(6),
  chunkTokens: z
    .int("must be a whole number")
    .min(32, "must be from 32 to 8192")
    .max(8_192, "must be from 32 to 8192")
    .default(512),
});

const CHARACTERS_PER_TOKEN = 4;

/** Okapi's usual constants; without BM25+'s lower bound (`d`), as search engines have it. */
const BM25 = { k: 1.2, b: 0.75, d: 0 };

/**
 * Replaces each question's passages by the chunks of your documents that BM25 finds for it, best first, as
 * retrieval-augmented generation does. Records then say which they were (`retrieved`).
 *
 * Documents are cut after paragraphs, lines or sentences. Chunks are named by their document and position, `guide.txt:3`.
 *
 * Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), by minisearch.
 *
 * @param examples questions, from `datasets.load`.
 * @throws OptionError for a wrong option, or examples that are not questions; `datasets.DatasetError` for documents that
 * can't be read, or if a question has no word in common with them.
 * @example
 * const questions = await datasets.load("2wikimqa");
 * (await datasets.retrieve(questions, { documents: "wiki", retrieve: 6 }))[0].retrieved // ["Nine Lanterns:1", …]
 */
export async function retrieveContexts(
  examples: readonly Example[],
  options: RetrieveOptions,
): Promise<readonly Example[]> {
  const { documents, retrieve, chunkTokens } = checkOptions(OPTIONS, options);
  const other = examples.find(({ input, task }) => input.trim() === "" || task === "dialogue summary");
  if (other !== undefined) throw new OptionError("examples", "must be questions", other.task);
  const chunks = (await readDocuments(documents)).flatMap(({ id, text }) =>
    storyPassages(text, chunkTokens * CHARACTERS_PER_TOKEN).map((chunk, index) => ({
      id: `${id}:${index + 1}`,
      text: chunk.text.trim(),
    })),
  );
  const index = new MiniSearch({ fields: ["text"], searchOptions: { bm25: BM25 } });
  index.addAll(chunks.map(({ text }, place) => ({ id: place, text })));
  return examples.map((example) => {
    const found = index
      .search(example.input)
      .slice(0, retrieve)
      .map(({ id }) => chunks[id as number]!);
    if (found.length === 0) {
      const message = `No chunk of ${documents} has a word of the question of ${example.example_id}.`;
      throw new DatasetError(message, { path: documents });
    }
    return {
      ...example,
      task: "question answering",
      passages: found.map(({ text }) => ({ title: null, text })),
      retrieved: found.map(({ id }) => id),
    };
  });
}
