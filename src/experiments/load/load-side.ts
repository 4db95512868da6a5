import { MethodRefused } from "../../domain/errors/errors.js";
import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";
import { METHODS } from "../../domain/records/methods.js";
import type { PromptFormat } from "../../domain/records/words.js";
import type { LoadMethod, Method } from "../../methods/request/method.js";
import { fillerText } from "../../prompts/filler.js";
import {
  type DocumentGap,
  documentGaps,
  type ExpectedCached,
  expectedCached,
} from "../../workloads/expected.js";
import type { Workload, WorkloadDraw, WorkloadRequest } from "../../workloads/workload.js";
import { correctCounter } from "../correct-counter.js";
import type { PromptTokens } from "../methods/prompt-tokens.js";
import { requireAnswer } from "./answered-block.js";

/** A request of a workload, as it is sent, and what earlier ones have left of it. */
export interface OfferedRequest {
  readonly request: WorkloadRequest;
  readonly prompt: ChunkedPrompt;
  readonly expected: ExpectedCached;
}

/** When a workload itself says that its requests start; null where it leaves that to the level. */
export function startsOf(offered: readonly OfferedRequest[]): readonly number[] | null {
  const starts = offered.map(({ request }) => request.startsAtSeconds);
  return starts.length > 0 && starts.every((at) => at !== null) ? starts : null;
}

/** What one of the compared methods is asked, and how. */
export interface SidePlan {
  readonly label: string;
  readonly method: Method;
  readonly format: PromptFormat;
  readonly tokens: PromptTokens;
  readonly workload: Workload;
  readonly draw: WorkloadDraw;
  /** Requests that an earlier run of this log has asked. */
  readonly before: number;
  /** Of a load in parts, what the prompts of its label have in common; left out, they get a salt of their own. */
  readonly salt?: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** One of the compared methods, ready for its load, and all it has been asked so far. */
export interface LoadSide extends SidePlan {
  readonly underLoad: LoadMethod;
  /** What storing its documents took; null where nothing is stored ahead. */
  readonly collectSeconds: number | null;
  /**
   * Its next requests. Of those that other parts send, only what they share with others is made.
   */
  offer(
    count: number,
    part?: { isOwn(index: number): boolean; reaches(index: number): boolean } | null,
  ): Promise<readonly OfferedRequest[]>;
  /** How long ago the documents of the requests that were offered last had been used, by when each began. */
  gaps(startSeconds: readonly (number | null)[]): readonly DocumentGap[];
}

/**
 * Asks a method's server what must be known in advance, in short requests that are not recorded, and stores the documents if
 * the method reuses them.
 *
 * @throws ServerError when a short request fails; MethodRefused when the method can't be had.
 */
export async function prepareSide(plan: SidePlan): Promise<LoadSide> {
  const { method, format, draw, tokens, workload, signal } = plan;
  const { server } = method;
  const words = draw.texts.fork("tokens");
  await correctCounter(server, (characters) => fillerText(words, characters), signal);
  await requireAnswer(method, format, signal);
  const underLoad = await method.underLoad(format, plan.salt);
  const { documents, collectSeconds } = await store(plan, underLoad);

  const asked: Pick<WorkloadRequest, "prompt" | "pieceTokens" | "documents">[] = [];
  const starts: (number | null)[] = [];
  let offered = 0;
  return {
    ...plan,
    ...{ underLoad, collectSeconds },
    async offer(count, part) {
      const reaches = (index: number) => part?.reaches(index) ?? true;
      const isSent = (index: number) => part?.isOwn(index) ?? true;
      const place = { ...draw, count, before: plan.before + offered, isSent };
      const requests = await workload.requests(server.tokens, place);
      offered += requests.length;
      const prompts: ChunkedPrompt[] = [];
      for (const { prompt } of requests) prompts.push(await tokens.of(method, { ...prompt, format }));
      // Separators and filler are cached too, so what is expected is counted in the ids that are sent.
      const arriving = requests.flatMap(({ pieceTokens, documents }, index) =>
        reaches(index) ? [{ prompt: prompts[index]!, pieceTokens, documents }] : [],
      );
      for (const one of arriving) asked.push(one);
      const expected = expectedCached(asked, documents)
        .slice(asked.length - arriving.length)
        .values();
      return requests.map((request, index) => ({
        ...{ request, prompt: prompts[index]! },
        expected: (reaches(index) && expected.next().value) || NOTHING_EXPECTED,
      }));
    },
    gaps(startSeconds) {
      for (const seconds of startSeconds) starts.push(seconds);
      const all = asked.map(({ documents }, index) => ({ documents, startSeconds: starts[index] ?? null }));
      return documentGaps(all).slice(-startSeconds.length);
    },
  };
}

/** Of a request that goes to another server. */
const NOTHING_EXPECTED: ExpectedCached = { prefixTokens: 0, chunkTokens: 0 };

async function store(
  { method, format, draw, tokens, workload, signal }: SidePlan,
  underLoad: LoadMethod,
): Promise<{ readonly documents: readonly ChunkedPrompt[]; readonly collectSeconds: number | null }> {
  if (underLoad.store === null) return { documents: [], collectSeconds: null };
  const documents = await workload.documents(method.server.tokens, draw);
  if (documents.length === 0) {
    const reason = `the workload ${workload.kind} has no documents to store ahead; use --workload document_pool or rag (documentPool)`;
    throw new MethodRefused(METHODS[method.name].title, reason);
  }
  let collectSeconds = 0;
  for (const document of documents) {
    const prompt = await tokens.of(method, { ...document, format });
    collectSeconds += (await underLoad.store(prompt, signal)).collect_seconds ?? 0;
  }
  return { documents, collectSeconds };
}
