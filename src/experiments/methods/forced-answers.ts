import { refusalBehind } from "../../client/server/context-limit.js";
import { OptionError } from "../../domain/errors/errors.js";
import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";
import type { TokenDistribution } from "../../domain/token-distribution.js";
import type { Method } from "../../methods/request/method.js";
import { divergence, meanLoss } from "../../metrics/divergence.js";
import type { WithFirstLine } from "./first-lines.js";
import type { Methods } from "./methods-option.js";
import type { PromptTokens } from "./prompt-tokens.js";

/** The columns that measure how far a method is from full prefill. */
export type DivergenceColumns = Pick<
  QualityRecord,
  "kl_nats" | "kl_mass" | "top1_agreement" | "reference_nll" | "divergence_reason"
>;

/** One example whose answers are forced. */
export interface ForcedExample {
  readonly prompt: ChunkedPrompt;
  readonly reference: string;
  /** The maximum number of tokens forced from either text. */
  readonly mostTokens: number;
  /** Full prefill's answer, from a request that is not recorded; null if it failed. */
  readonly answerOf: (method: Method) => Promise<string | null>;
}

/** How all texts of a run are forced. */
export interface Forcing {
  readonly methods: Methods;
  readonly tokens: PromptTokens;
  readonly firstLine: WithFirstLine | null;
  readonly signal: AbortSignal | undefined;
}

/** Full prefill of one example: the text that all methods are forced through, and the probabilities it gives each token. */
interface Baseline {
  readonly prompt: ChunkedPrompt;
  readonly ids: readonly number[];
  readonly tokens: readonly TokenDistribution[];
}

/**
 * Forces methods through full prefill's greedy answer and through the reference answer, and measures how far each is from
 * full prefill. These requests are in addition to the measured ones: full prefill is asked once more for its answer, and each
 * method is forced after its own measured request, with what that left in the cache.
 *
 * All methods of an example are forced after the same prompt; if prompts need a first line of their own, it is the same line
 * for all, and chunks are stored anew for it.
 *
 * @throws OptionError if no method of a model is full prefill.
 */
export function forcedAnswers({ methods, tokens, firstLine, signal }: Forcing) {
  const all = Object.values(methods);
  const baselineOf = ({ server }: Method): Method => {
    const full = all.filter(
      ({ name, server: { model } }) => name === "full_prefill" && model === server.model,
    );
    const own = full.find((one) => one.server === server) ?? full[0];
    if (own !== undefined) return own;
    const rule = `needs full prefill of ${server.model} among the methods, from which the divergence is counted`;
    throw new OptionError("divergence", rule, true);
  };
  for (const method of all) baselineOf(method);

  return (example: ForcedExample): ((method: Method) => Promise<DivergenceColumns>) => {
    let shared: Promise<ChunkedPrompt> | null = null;
    const promptOf = async (method: Method): Promise<ChunkedPrompt> => {
      shared ??= firstLine === null ? Promise.resolve(example.prompt) : firstLine(method, example.prompt);
      return tokens.of(method, await shared);
    };
    const force = async (method: Method, ids: readonly number[]) => {
      const prompt = await promptOf(method);
      // Its own measured request had a different first line, and full prefill has nothing to prepare.
      if (firstLine !== null) await method.prepare(prompt, signal);
      return method.force(prompt, ids.slice(0, example.mostTokens), signal);
    };
    const baselines = new Map<Method, Promise<Baseline | { readonly reason: string }>>();
    const begin = async (full: Method): Promise<Baseline | { readonly reason: string }> => {
      const prompt = await promptOf(full);
      const text = await example.answerOf(full);
      if (text === null) return { reason: "full prefill did not answer" };
      const ids = await full.server.tokens.encode(text);
      if (ids === null) return { reason: "the server gives no token ids (it has no /tokenize)" };
      if (ids.length === 0) return { reason: "full prefill's answer is empty" };
      const told = await force(full, ids);
      return "reason" in told ? told : { prompt, ids, tokens: told.tokens };
    };
    const baseline = (full: Method) => {
      const begun = baselines.get(full) ?? begin(full);
      baselines.set(full, begun);
      return begun;
    };
    const referenceLoss = async (method: Method): Promise<number | { readonly reason: string }> => {
      const ids = await method.server.tokens.encode(continuing(example));
      if (ids === null || ids.length === 0) return { reason: "the reference answer has no token ids" };
      const told = await force(method, ids);
      if ("reason" in told) return told;
      return (
        meanLoss(told.tokens) ?? {
          reason: "the server reports only likely tokens, and not all of the reference's",
        }
      );
    };
    const columnsOf = async (method: Method): Promise<DivergenceColumns> => {
      const from = await baseline(baselineOf(method));
      const told = "reason" in from ? from : await force(method, from.ids);
      const loss = await referenceLoss(method);
      const reasons = [told, loss].flatMap((one) =>
        typeof one === "object" && "reason" in one ? one.reason : [],
      );
      const { klNats, massCovered, top1Agreement } =
        "reason" in from || "reason" in told ? NOT_KNOWN : divergence(from.tokens, told.tokens);
      return {
        kl_nats: klNats,
        kl_mass: massCovered,
        top1_agreement: top1Agreement,
        reference_nll: typeof loss === "number" ? loss : null,
        divergence_reason: reasons.length === 0 ? null : [...new Set(reasons)].join("; "),
      };
    };
    return async (method) => {
      try {
        return await columnsOf(method);
      } catch (error) {
        if (refusalBehind(error) === null) throw error;
        const divergence_reason = (error as Error).message;
        return { kl_nats: null, kl_mass: null, top1_agreement: null, reference_nll: null, divergence_reason };
      }
    };
  };
}

const NOT_KNOWN = { klNats: null, massCovered: null, top1Agreement: null };

/** The reference answer as it continues the prompt: after a space if a bare prompt ends with a word. */
function continuing({ prompt, reference }: ForcedExample): string {
  const isBare = prompt.format !== "chat";
  return isBare && !/\s$/.test(prompt.question) ? ` ${reference}` : reference;
}
