import { coldFieldsFor, coldRequest } from "../../client/cold-request.js";
import type { Server } from "../../client/server.js";
import { type CountedRequest, withServerCounters } from "../../client/server-counters.js";
import { promptIsShort } from "../../domain/records/cut-prompt.js";
import { documentChat } from "../../prompts/document.js";
import { filler } from "../../prompts/filler.js";
import { longerContext } from "../../servers/profile/profile.js";
import type { Random } from "../../stats/random.js";

/** What a few small requests show of one way of caching. */
export interface CacheFinding {
  /** `not_told` if the server reports no cached tokens, or a request failed. */
  readonly state: "on" | "off" | "not_told";
  /** What was seen, in a sentence. */
  readonly seen: string;
}

/** Requests sent while probing, kept for what else they show. */
export interface Probe {
  readonly finding: CacheFinding;
  readonly requests: readonly CountedRequest[];
}

/** Long enough for two chunks of LMCache's 256 tokens, and short enough for a CPU. */
const PROMPT_TOKENS = 700;
/** OpenAI caches nothing below 1,024 tokens. */
const LONG_PROMPT_TOKENS = 1_400;
const QUESTION = "Say one word.";
/** Tokens reserved for the template and the answer if the model's limit is short. */
const MARGIN_TOKENS = 128;
/** If a document is refused at this length, its length is not the reason. */
const LEAST_TOKENS = 48;
/** The text between the parts of a document. */
const BETWEEN = "\n\n";

/** A share of the prompt: above it, only a hit explains the report; below it, there was none. */
const HIT_SHARE = 0.5;
/** The same for a prompt with a moved part; its first part alone is less than this. */
const REUSE_SHARE = 0.6;

/** Sends a new prompt twice and checks whether the second request is a hit. */
export async function probePrefixCache(server: Server, random: Random, signal?: AbortSignal): Promise<Probe> {
  const recognition = await server.recognise();
  const { profile, sure } = recognition;
  const isLong = ["openai", "litellm", "unknown"].includes(profile.name);
  const fields = coldRequest(sure ? coldFieldsFor(recognition) : [], sure);
  const { sent: first, document } = await askFitting(
    server,
    lengthFor(server, isLong),
    (tokens) => filler(random, server.tokens, tokens),
    fields.first,
    signal,
  );
  const second = await ask(server, document, fields.repeat, signal);
  const requests = [first, second];
  const failed = failureOf(requests) ?? (await cutOf(server, document, first));
  if (failed !== null) return { finding: failed, requests };
  const { cached_tokens, prompt_tokens, ttft_seconds } = second.completion;
  if (cached_tokens === null || prompt_tokens === null) {
    const [before, after] = [first.completion.ttft_seconds, ttft_seconds];
    const hint =
      before !== null && after !== null
        ? ` (the first token of the repeat took ${(after * 1_000).toFixed(0)} ms instead of ` +
          `${(before * 1_000).toFixed(0)}, which proves nothing)`
        : "";
    return { finding: { state: "not_told", seen: `${untold(second)}${hint}` }, requests };
  }
  const state = cached_tokens >= HIT_SHARE * prompt_tokens ? "on" : "off";
  const cold = first.completion.cached_tokens ?? 0;
  return {
    finding: {
      state,
      seen:
        `the same prompt again took ${cached_tokens} of its ${prompt_tokens} tokens from a cache` +
        (cold > 0 ? `; the first time it took ${cold}` : ""),
    },
    requests,
  };
}

/**
 * Sends a prompt of three parts, then its first and third alone: a prefix cache finds the first, chunk reuse both.
 */
export async function probeChunkReuse(server: Server, random: Random, signal?: AbortSignal): Promise<Probe> {
  const recognition = await server.recognise();
  const partsOf = async (tokens: number) => {
    const part = (name: string, share: number) =>
      filler(random.fork(name), server.tokens, Math.floor(tokens * share));
    return [await part("head", 0.16), await part("left", 0.4), await part("right", 0.4)];
  };
  const { sure } = recognition;
  const fields = coldRequest(sure ? coldFieldsFor(recognition) : [], sure);
  const { sent, document } = await askFitting(
    server,
    lengthFor(server, false),
    async (tokens) => (await partsOf(tokens)).join(BETWEEN),
    fields.first,
    signal,
  );
  const [head, , right] = document.split(BETWEEN);
  const second = `${head}${BETWEEN}${right}`;
  const requests = [sent, await ask(server, second, fields.repeat, signal)];
  const failed = failureOf(requests) ?? (await cutOf(server, second, requests[1]!));
  if (failed !== null) return { finding: failed, requests };
  const { cached_tokens, prompt_tokens } = requests[1]!.completion;
  if (cached_tokens === null || prompt_tokens === null) {
    return { finding: { state: "not_told", seen: untold(requests[1]!) }, requests };
  }
  return {
    finding: {
      state: cached_tokens >= REUSE_SHARE * prompt_tokens ? "on" : "off",
      seen: `of a prompt whose second part had been served at another position, ${cached_tokens} of ${prompt_tokens} tokens came from a cache`,
    },
    requests,
  };
}

/**
 * Asks about a document as long as the server accepts: if it reports no limit, a refused document is made anew with the
 * length named in the refusal, or half as long.
 */
async function askFitting(
  server: Server,
  longest: number,
  make: (tokens: number) => Promise<string>,
  body: Readonly<Record<string, unknown>>,
  signal: AbortSignal | undefined,
): Promise<{ readonly sent: CountedRequest; readonly document: string }> {
  for (let tokens = longest; ; ) {
    const document = await make(tokens);
    const sent = await ask(server, document, body, signal);
    const { outcome, context_refusal } = sent.completion;
    const half = Math.floor(tokens / 2);
    if (outcome === "ok" || outcome === "timeout" || half < LEAST_TOKENS) return { sent, document };
    const named = (context_refusal?.limitTokens ?? 0) - MARGIN_TOKENS;
    // If tokens are estimated, the named length may not be shorter.
    tokens = named > half && named < 0.9 * tokens ? named : half;
  }
}

function ask(
  server: Server,
  document: string,
  body: Readonly<Record<string, unknown>>,
  signal: AbortSignal | undefined,
): Promise<CountedRequest> {
  return withServerCounters(server, () =>
    server.chat({
      messages: documentChat(document, QUESTION),
      maxTokens: 1,
      body,
      ...(signal && { signal }),
    }),
  );
}

/** What is missing to recognise a hit. */
const untold = ({ completion }: CountedRequest): string =>
  completion.cached_tokens === null
    ? "the server reports no cached tokens"
    : "the server reports cached tokens, but not how long the prompt was";

/** Whether the server cut the prompt, so that nothing it reports is about this document. */
async function cutOf(
  server: Server,
  document: string,
  { completion }: CountedRequest,
): Promise<CacheFinding | null> {
  const { prompt_tokens, cached_tokens } = completion;
  const context_tokens = await server.tokens.count(document);
  const counts = { prompt_tokens, cached_tokens, context_tokens, token_counter: server.tokens.name };
  if (!promptIsShort(counts)) return null;
  const { profile } = await server.recognise();
  return {
    state: "not_told",
    seen:
      `the server cut the prompt: it counted ${prompt_tokens} prompt tokens of a document of ${context_tokens}; ` +
      longerContext(profile.name),
  };
}

function lengthFor({ contextLimit }: Server, isLong: boolean): number {
  const wanted = isLong ? LONG_PROMPT_TOKENS : PROMPT_TOKENS;
  return contextLimit === null ? wanted : Math.max(16, Math.min(wanted, contextLimit.tokens - MARGIN_TOKENS));
}

function failureOf(requests: readonly CountedRequest[]): CacheFinding | null {
  const failed = requests.find(({ completion }) => completion.outcome !== "ok");
  return failed === undefined
    ? null
    : { state: "not_told", seen: `a request failed: ${failed.completion.error}` };
}
