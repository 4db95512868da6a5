import type { JsonObject } from "../../domain/json.js";
import type { TokenDistribution } from "../../domain/token-distribution.js";
import type { Findings, Recognised } from "../../servers/profile/profile.js";

/** Which server stands at an address. */
export interface Recognition extends Recognised {
  /** As the server reports it, or null. */
  readonly version: string | null;
  /** The block size of its prefix cache in tokens; null if not reported. */
  readonly blockTokens: number | null;
  /** The profile was given by the caller (`connect(url, { profile })`), whatever the answers show. */
  readonly named: boolean;
  /** It answers `/metrics`. */
  readonly hasMetrics: boolean;
  /** The store beside it was named (`cacheServer` of `connect`). */
  readonly hasCacheServer: boolean;
  /** Whether a path exists for a method other than GET; null if it was not asked. */
  exists(path: string): boolean | null;
  /** What can't be measured with the server as it was started. */
  advise(seen: Pick<Findings, "reportsCachedTokens" | "countersTell">): readonly string[];
}

/** The maximum number of tokens of a request, prompt and answer together, and where the server reports it. */
export interface ContextLimit {
  readonly tokens: number;
  readonly source: string;
}

/** What a server says when a request is longer than its model's context; null for numbers it does not give. */
export interface ContextRefusal {
  /** The maximum number of tokens, of prompt and answer together unless the server means the prompt alone. */
  readonly limitTokens: number | null;
  /** The tokens that this prompt has. */
  readonly promptTokens: number | null;
}

/** Whether every place where the server keeps KV was cleared, and how; or why not. */
export type CacheReset =
  | { readonly done: true; readonly how: string }
  | { readonly done: false; readonly reason: string };

/** What a model's chat template puts around one user message that asks for an answer. */
export interface ChatTemplate {
  /** Ids of the special tokens before any prompt (BOS), if the template has them too; often none. */
  readonly bos: readonly number[];
  /** Text between them and the message. */
  readonly head: string;
  /** Text after the message, up to where the model continues. */
  readonly tail: string;
  /** The template trims white space from the message. */
  readonly trims: { readonly start: boolean; readonly end: boolean };
}

/** A text whose tokens are all given; the question is how likely the model finds each of them. */
export interface ForcedText {
  /** What stands before it, as ids. */
  readonly prompt: readonly number[];
  /** Its own ids; at least one. */
  readonly forced: readonly number[];
  /** Further fields of the request. */
  readonly body?: JsonObject | undefined;
}

/** The log-probabilities of a forced text's tokens, and what the server reports about the request. */
export interface ForcedTokens {
  /** `null` for what the server does not report. */
  readonly prompt_tokens: number | null;
  readonly cached_tokens: number | null;
  readonly tokens: readonly TokenDistribution[];
  readonly usage: JsonObject;
  /** The field that reported them. */
  readonly source: string;
}

/** These, or a sentence that says why the server does not report them. */
export type ForcedLogprobs = ForcedTokens | { readonly reason: string };

/** One reading of a server's clock. */
export interface ServerClock {
  readonly sentMs: number;
  readonly receivedMs: number;
  readonly dateMs: number;
}
