import { createHash } from "node:crypto";
import { z } from "zod";
import { checkOptions, wholeNumber } from "../domain/errors/options.js";
import { type ChunkedPrompt, contextOf } from "../domain/records/chunked-prompt.js";
import { datasetFiles } from "../domain/records/dataset-name.js";
import type { Example } from "../domain/records/example.js";
import { WORDINGS, type Wording } from "../domain/records/words.js";
import { nonceLine } from "../prompts/filler.js";
import { metricOf, outputTokensOf, qualityPrompt, stopOf } from "../prompts/quality-prompt.js";
import type { Random } from "../stats/random.js";
import { NO_NAMES } from "./request-fields.js";
import type { Workload, WorkloadRequest } from "./workload.js";

/** Options for asking a dataset's examples under load. */
export interface DatasetOptions {
  /** The prompt template; default `plain`. */
  readonly wording?: Wording;
  /**
   * Output tokens asked for; default the task's: 32 for questions, 128 for questions about stories and for dialogues, 512 for
   * news.
   */
  readonly outputTokens?: number;
  /**
   * Whether every prompt begins with a line of its label's own, so that no other label and no earlier run has left it in a
   * prefix cache; default true.
   */
  readonly firstLine?: boolean;
}

const schema = z.strictObject({
  examples: z.custom<readonly Example[]>(
    (value) => Array.isArray(value) && value.length > 0,
    "must be a list of at least one example, from datasets.load",
  ),
  wording: z.enum(WORDINGS, `must be one of ${WORDINGS.join(", ")}`).default("plain"),
  outputTokens: wholeNumber(1).optional(),
  firstLine: z.boolean("must be true or false").default(true),
});

/**
 * A dataset's examples, each a request whose answer can be scored, in an order drawn from the seed; after the last, they
 * repeat in a different order, and a cache then contains them.
 *
 * @param examples from `datasets.load`.
 * @throws OptionError for a wrong option.
 * @example workloads.dataset(await datasets.load("2wikimqa")).kind // "dataset"
 */
export function dataset(examples: readonly Example[], options: DatasetOptions = {}): Workload {
  const { wording, outputTokens, firstLine } = checkOptions(schema, { ...options, examples });
  const prompts = examples.map((example) => qualityPrompt(example, wording));
  const names = prompts.map(({ chunks }) => chunks.map(nameOf));
  const promptOf = (index: number, texts: Random): ChunkedPrompt => {
    const prompt = prompts[index]!;
    return firstLine ? { ...prompt, prefix: nonceLine(texts.fork("first line")) + prompt.prefix } : prompt;
  };
  return {
    kind: "dataset",
    settings: {
      dataset: [...new Set(examples.map((example) => example.dataset))],
      dataset_files: datasetFiles(examples),
      ...{ examples: examples.length, sha256: digest(JSON.stringify(examples.map(withoutFile))) },
      ...{ wording, outputTokens: outputTokens ?? "the task's own", firstLine },
    },
    documents: async (_tokens, { texts }) => examples.map((_example, index) => promptOf(index, texts)),
    async requests(tokens, { texts, order, count, before }) {
      const requests: WorkloadRequest[] = [];
      let pass = { number: -1, indices: [] as readonly number[] };
      for (let number = before; number < before + count; number++) {
        const passNumber = Math.floor(number / examples.length);
        if (pass.number !== passNumber)
          pass = { number: passNumber, indices: shuffled(order, examples.length, passNumber) };
        const index = pass.indices[number % examples.length]!;
        const [example, prompt] = [examples[index]!, promptOf(index, texts)];
        const chunks = [];
        for (const chunk of prompt.chunks) chunks.push(await tokens.count(chunk));
        const { task, references } = example;
        requests.push({
          ...NO_NAMES,
          prompt,
          contextTokens: await tokens.count(prompt.prefix + contextOf(prompt)),
          pieceTokens: {
            prefix: await tokens.count(prompt.prefix),
            chunks,
            question: await tokens.count(prompt.question),
          },
          documents: names[index]!,
          maxTokens: outputTokens ?? outputTokensOf(task, wording),
          example: {
            id: example.example_id,
            dataset: example.dataset,
            ...{ task, references, metric: metricOf(task, wording), stop: stopOf(task) },
          },
        });
      }
      return requests;
    },
  };
}

/** What is asked, wherever it was read from. */
const withoutFile = ({ dataset_sha256: _sha256, bundled_examples: _count, ...example }: Example) => example;

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A passage has no unique name. */
const nameOf = (chunk: string): string => digest(chunk).slice(0, 12);

/** The order of the examples in one pass through them. */
const shuffled = (order: Random, length: number, pass: number): readonly number[] =>
  order.fork(`pass ${pass}`).shuffle(Array.from({ length }, (_, index) => index));
