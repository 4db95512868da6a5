import { z } from "zod";
import { OptionError } from "../domain/errors/errors.js";
import { checkOptions, MOST_CONTEXT_TOKENS, MOST_REPEATED, wholeNumber } from "../domain/errors/options.js";
import type { TokenBudget } from "../domain/records/token-count.js";
import type { Random } from "../stats/random.js";
import { anothersPrompt, compose, namedTexts, ownQuestion } from "./pieces.js";
import { LEAST_PIECE_TOKENS, NO_NAMES, outputTokens } from "./request-fields.js";
import type { Workload, WorkloadDraw } from "./workload.js";

/** Ways to choose a request's documents. */
export const DOCUMENT_ORDERS = ["sampled", "permuted"] as const;

/** Options for documents that many requests share, at different positions of different prompts. */
export interface DocumentPoolOptions {
  /** Number of documents. */
  readonly documents: number;
  /** Tokens of each, from 8. */
  readonly tokens: number;
  /** Documents per request; default 6 if they are sampled, all if they are permuted. */
  readonly perRequest?: number;
  /**
   * `sampled` (default): the documents of each request are drawn anew, without repetition. `permuted`: each request has all
   * documents in a new order, and no order repeats before all have been used, as in LMCache's `long-doc-permutator`.
   */
  readonly order?: (typeof DOCUMENT_ORDERS)[number];
  /**
   * How uneven their popularity is if they are sampled: the n-th is drawn in proportion to 1 / n to this power; default 0,
   * all equal.
   */
  readonly zipfExponent?: number;
  /** Tokens of a beginning shared by all prompts; default 0, none. */
  readonly sharedTokens?: number;
  /** Tokens of the question, which is new in each request, from 8; default 24. */
  readonly questionTokens?: number;
  /** Output tokens asked for; default 16. */
  readonly outputTokens?: number;
}

const schema = z.strictObject({
  documents: wholeNumber(1, MOST_REPEATED),
  tokens: wholeNumber(LEAST_PIECE_TOKENS, MOST_CONTEXT_TOKENS),
  perRequest: wholeNumber(1).optional(),
  order: z.enum(DOCUMENT_ORDERS, `must be one of ${DOCUMENT_ORDERS.join(", ")}`).default("sampled"),
  zipfExponent: z
    .number("must be a number")
    .min(0, "must be at least 0")
    .max(10, "must be at most 10")
    .default(0),
  sharedTokens: wholeNumber(0, MOST_CONTEXT_TOKENS).default(0),
  questionTokens: wholeNumber(LEAST_PIECE_TOKENS, MOST_CONTEXT_TOKENS).default(24),
  outputTokens,
});

/** Number of sampled documents per request, as retrieved in the paper. */
const USUAL_PER_REQUEST = 6;

/**
 * Requests about documents from a pool, as in retrieval: the same documents come again, at different positions.
 *
 * @throws OptionError for a wrong option, such as a pool smaller than a request.
 * @example workloads.documentPool({ documents: 100, tokens: 512, perRequest: 6 }).kind // "document_pool"
 */
export function documentPool(options: DocumentPoolOptions): Workload {
  const settings = checked(options);
  const { documents, perRequest } = settings;
  const named = namedTexts();
  const documentText = (tokens: TokenBudget, texts: Random, name: string) =>
    named(tokens, texts, name, settings.tokens);
  const prefixText = (tokens: TokenBudget, texts: Random) =>
    named(tokens, texts, "shared prefix", settings.sharedTokens);

  const promptOf = async (
    tokens: TokenBudget,
    texts: Random,
    names: readonly string[],
    asks: string,
    isSent = true,
  ) => {
    const chunks = [];
    for (const name of names) chunks.push(await documentText(tokens, texts, name));
    if (!isSent) return anothersPrompt(await prefixText(tokens, texts), chunks);
    const question = await ownQuestion(texts.fork(asks), tokens, settings.questionTokens);
    return compose(tokens, await prefixText(tokens, texts), chunks, question);
  };
  return {
    kind: "document_pool",
    settings,
    async documents(tokens, { texts }: WorkloadDraw) {
      const names = Array.from({ length: documents }, (_, index) => nameOf(index));
      const prompts = [];
      for (let start = 0; start < documents; start += perRequest) {
        const few = names.slice(start, start + perRequest);
        prompts.push((await promptOf(tokens, texts, few, `collecting ${start + 1}`)).prompt);
      }
      return prompts;
    },
    async requests(tokens, { texts, order, count, before, isSent = () => true }) {
      const choose =
        settings.order === "permuted" ? permutations(order, documents) : samples(order, settings);
      const requests = [];
      for (let number = before + 1; number <= before + count; number++) {
        const names = choose(number).map(nameOf);
        requests.push({
          ...(await promptOf(tokens, texts, names, `request ${number}`, isSent(number - before - 1))),
          ...NO_NAMES,
          documents: names,
          maxTokens: settings.outputTokens,
        });
      }
      return requests;
    },
  };
}

/**
 * The paper's retrieval: chunks of 512 tokens, the best six of a pool for each request.
 *
 * Source: Yao et al., "CacheBlend", EuroSys 2025.
 *
 * @param options that differ from the paper's; default a pool of 100 chunks.
 * @throws OptionError for a wrong option.
 * @example workloads.rag().settings.perRequest // 6
 */
export function rag(options: Partial<DocumentPoolOptions> = {}): Workload {
  return documentPool({ documents: 100, tokens: 512, ...options });
}

const nameOf = (index: number): string => `document ${index + 1}`;

function checked(options: DocumentPoolOptions) {
  const { perRequest: asked, ...settings } = checkOptions(schema, options);
  const { documents, order } = settings;
  const perRequest = asked ?? (order === "permuted" ? documents : USUAL_PER_REQUEST);
  if (perRequest > documents) {
    throw new OptionError(
      "documents",
      `must be at least perRequest, ${perRequest}: a request has no document twice`,
      documents,
    );
  }
  if (order === "permuted" && perRequest !== documents) {
    throw new OptionError(
      "perRequest",
      `must be left out where documents are permuted: a request has all ${documents}`,
      perRequest,
    );
  }
  if (order === "permuted" && settings.zipfExponent !== 0) {
    throw new OptionError(
      "zipfExponent",
      "must be left out where documents are permuted: all are in every request",
      settings.zipfExponent,
    );
  }
  return { ...settings, perRequest };
}

/**
 * Distinct documents, each drawn in proportion to its popularity among the remaining ones; the first drawn comes first.
 *
 * Source: Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006: the smallest of exponential
 * numbers with these rates.
 */
function samples(
  order: Random,
  {
    documents,
    perRequest,
    zipfExponent,
  }: { readonly documents: number; readonly perRequest: number; readonly zipfExponent: number },
): (number: number) => readonly number[] {
  // Which document is popular is drawn too, so that its name does not show it.
  const ranked = order.fork("popularity").shuffle(Array.from({ length: documents }, (_, index) => index));
  const weights = ranked.map((_, rank) => (rank + 1) ** -zipfExponent);
  return (number) => {
    const draw = order.fork(`request ${number}`);
    const keyed = ranked.map((index, rank) => ({ index, key: -Math.log(1 - draw()) / weights[rank]! }));
    return keyed
      .sort((one, other) => one.key - other.key)
      .slice(0, perRequest)
      .map(({ index }) => index);
  };
}

/** For up to seven documents, all orders are listed, this many; with more, orders are drawn without repetition. */
const LISTED_ORDERS = 5_040;

/** The order of all documents in each request. */
function permutations(order: Random, documents: number): (number: number) => readonly number[] {
  const all = Array.from({ length: documents }, (_, index) => index);
  const orders = all.reduce((product, index) => product * (index + 1), 1);
  if (orders > LISTED_ORDERS) return (number) => order.fork(`request ${number}`).shuffle(all);
  const ranks = Array.from({ length: orders }, (_, rank) => rank);
  let round = { of: -1, ranks };
  return (number) => {
    const of = Math.floor((number - 1) / orders);
    if (round.of !== of) round = { of, ranks: order.fork(`orders ${of}`).shuffle(ranks) };
    return orderOf(all, round.ranks[(number - 1) % orders]!);
  };
}

/** The order of this rank among all orders. */
function orderOf(all: readonly number[], rank: number): readonly number[] {
  const left = [...all];
  let rest = rank;
  return all.map(() => {
    const [taken] = left.splice(rest % left.length, 1);
    rest = Math.floor(rest / (left.length + 1));
    return taken!;
  });
}
