import type { CacheEvidence } from "../../client/cache-evidence.js";
import type { TimedCompletion } from "../../client/request.js";
import type { ForcedLogprobs } from "../../client/server/facts.js";
import type { Server } from "../../client/server.js";
import { MethodRefused } from "../../domain/errors/errors.js";
import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";
import type { MethodName, MethodSetting } from "../../domain/records/methods.js";
import type { MethodColumns } from "../../domain/records/record-kinds.js";
import type { PromptFormat } from "../../domain/records/words.js";
import type { PostedRequest } from "../../wire/endpoint.js";
import type { Joining } from "./prompt-ids.js";

/** A way for a request to use the cache: how it is prepared, how it is sent, and what proves that it worked. */
export interface Method {
  readonly name: MethodName;
  /** CacheBlend's r, 0 for full KV reuse, null elsewhere. */
  readonly recomputeRatio: number | null;
  /** What it recomputes, in the terms of its records. */
  readonly setting: MethodSetting;
  readonly server: Server;
  /** How its caller said that the server keeps chunks apart; null where that was left to the server's own answers. */
  readonly givenJoining: Joining | null;
  /**
   * Whether a request field keeps its requests apart from everything served before. If none does, a prompt that may have been
   * asked before needs a first line of its own (`nonceLine`).
   */
  keepsApart(): Promise<boolean>;
  /**
   * How the pieces of a prompt are joined if its server keeps chunks apart; null if prompts may be texts. All methods of a
   * comparison get one prompt, whose `ids` are joined in this way.
   *
   * @throws MethodRefused if the server can't do what the method needs.
   */
  joining(): Promise<Joining | null>;
  /**
   * Collects what the method reuses, before the clock starts: serves the chunks, or the prompt, so that their KV is stored.
   *
   * @throws MethodRefused if the server can't do what the method needs.
   */
  prepare(prompt: ChunkedPrompt, signal?: AbortSignal): Promise<Collected>;
  /** Sends the measured request. Failures of the server are in the answer's outcome. */
  ask(prompt: ChunkedPrompt, request: MethodRequest): Promise<MethodAnswer>;
  /**
   * The log-probability that the model gives each of these tokens after the prompt as cached by this method; the tokens
   * themselves are computed in full. To be called after `prepare`, outside all measured requests.
   *
   * @throws MethodRefused if the server gives no ids of the prompt.
   */
  force(
    prompt: ChunkedPrompt,
    tokens: readonly number[],
    signal?: AbortSignal | undefined,
  ): Promise<ForcedLogprobs>;
  /**
   * The method for one load of prompts in this format; short requests that it needs are sent now.
   *
   * @param salt what keeps the load's prompts apart from all others where several processes make it together; default new.
   * @throws MethodRefused if the server can't do what the method needs; ServerError if one of those requests fails.
   */
  underLoad(format: PromptFormat, salt?: string): Promise<LoadMethod>;
}

export interface MethodRequest {
  readonly maxTokens: number;
  /** Texts at which the answer ends. */
  readonly stop?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The time that preparing took; null if a method prepares nothing. */
export interface Collected {
  readonly collect_seconds: number | null;
}

/** The measured request: what the client timed, and what the server's report says about the method. */
export interface MethodAnswer extends CacheEvidence {
  readonly completion: TimedCompletion;
  readonly columns: Omit<MethodColumns, "collect_seconds">;
}

/**
 * A method under load: its requests are made in advance and sent by the load client, and each finds what earlier ones have
 * left.
 */
export interface LoadMethod {
  /**
   * Stores the chunks of a prompt before the load; null if the method finds what requests leave by themselves.
   *
   * @throws MethodRefused if the server does not store them.
   */
  readonly store: ((prompt: ChunkedPrompt, signal?: AbortSignal) => Promise<Collected>) | null;
  /** In which blocks it finds the beginnings of earlier prompts; null if it finds none, or its server does not tell. */
  readonly prefixGrid: PrefixGrid | null;
  /** A request as it goes over the wire. */
  posted(prompt: ChunkedPrompt, request: Omit<MethodRequest, "signal">): Promise<PostedRequest>;
  /** What the server's report on one request says about the method. */
  evidence(prompt: ChunkedPrompt, report: LoadReport, left: LeftBehind): CacheEvidence;
}

/** What a server finds of a prompt that begins like an earlier one: whole blocks, counted from the template's beginning. */
export interface PrefixGrid {
  readonly blockTokens: number;
  /** Tokens before every prompt. */
  readonly templateTokens: number;
  /** Whether that is all of them; otherwise there may be more. */
  readonly templateKnown: boolean;
}

/** What a server reports about one request under load. */
export interface LoadReport {
  readonly prompt_tokens: number | null;
  readonly cached_tokens: number | null;
  readonly cached_tokens_source: string | null;
  readonly recomputed_tokens: number | null;
}

/** How much of a prompt's pieces an unlimited cache would contain, left by earlier requests of the same load; in tokens. */
export interface LeftBehind {
  /** Of its beginning. */
  readonly prefixTokens: number;
  /** Of all its pieces, at any position. */
  readonly chunkTokens: number;
}

/**
 * Refuses to continue if a preparatory request failed, because nothing was stored. The error's `cause` is the completion's
 * `context_refusal` if its prompt was too long.
 */
export function requireStored(method: string, completion: TimedCompletion, server: Server): void {
  if (completion.outcome === "ok") return;
  throw new MethodRefused(
    method,
    `${server.url} did not store what it should reuse: ${completion.error}`,
    completion.context_refusal ?? undefined,
  );
}
