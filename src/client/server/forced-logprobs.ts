import { isObject, type JsonObject, jsonObject } from "../../domain/json.js";
import type { TokenDistribution } from "../../domain/token-distribution.js";
import type { ProfileName } from "../../servers/profile/profile.js";
import type { Endpoint } from "../../wire/endpoint.js";
import { mergeUsage, readTokens, usageReports } from "../event/server-figures.js";
import { echoedLogprobs, inputLogprobs, nextLogprobs, promptLogprobs } from "../event/told-logprobs.js";
import type { Call } from "./call.js";
import type { ForcedLogprobs, ForcedText, ForcedTokens } from "./facts.js";

/** How to ask for a completion that is not streamed. */
export interface Asking {
  readonly endpoint: Pick<Endpoint, "basePath" | "rootPath">;
  /** The body for a bare prompt and this many tokens, as the server accepts it. */
  readonly body: (prompt: readonly number[], maxTokens: number, fields: JsonObject) => JsonObject;
}

type Way = (call: Call, asking: Asking, text: ForcedText) => Promise<ForcedLogprobs>;

/** Number of likeliest tokens asked for: the maximum of vLLM and SGLang by default. */
const TOP = 20;
/** llama.cpp reports nothing about a token that is not among the likeliest. */
const TOP_OF_NEXT = 100;
/** OpenAI's own limit. */
const TOP_OF_ECHO = 5;

/**
 * The log-probabilities that a model gives the tokens of a forced text, asked for outside all timed requests, in the way each
 * kind of server needs.
 *
 * vLLM, the embedded engine and compatible servers: `prompt_logprobs`. SGLang: `/generate` with `return_logprob`. llama.cpp,
 * which reports only generated tokens: one request per token, each over the KV of the one before. Others: `echo` with
 * `logprobs`.
 *
 * Source: vLLM `entrypoints/openai` (prompt_logprobs); SGLang `io_struct.GenerateReqInput`; llama.cpp `tools/server/README.md`
 * (n_probs, completion_probabilities); OpenAI's reference of legacy completions (echo, logprobs).
 */
export async function forcedLogprobs(
  call: Call,
  asking: Asking,
  profile: ProfileName,
  text: ForcedText,
): Promise<ForcedLogprobs> {
  if (profile === "sglang") return byGenerate(call, asking, text);
  if (profile === "llamacpp") return tokenByToken(call, asking, text);
  // Only the engine can leave out what stands before the text; it would take as long as all the rest.
  const from = profile === "embedded-engine" ? { prompt_logprobs_from: text.prompt.length } : {};
  const told = await byPromptLogprobs(call, asking, text, from);
  if ("tokens" in told) return told;
  const echoed = await byEcho(call, asking, text);
  return "tokens" in echoed ? echoed : { reason: `${told.reason}, and ${echoed.reason}` };
}

async function byPromptLogprobs(
  call: Call,
  asking: Asking,
  text: ForcedText,
  from: JsonObject,
): Promise<ForcedLogprobs> {
  const { forced } = text;
  const said = await completed(call, asking, text, { prompt_logprobs: TOP, ...from });
  if ("reason" in said) return said;
  const [choice] = choicesOf(said.answer);
  const told = choice?.prompt_logprobs ?? said.answer.prompt_logprobs;
  // From the end: a server may put BOS before the ids.
  const tokens = Array.isArray(told) ? promptLogprobs(told.slice(-forced.length), forced) : null;
  return tokens === null
    ? { reason: "it returns no prompt_logprobs for these tokens" }
    : { tokens, ...reportOf(said.answer), source: "prompt_logprobs" };
}

const byEcho: Way = async (call, asking, text) => {
  const { prompt, forced } = text;
  const said = await completed(call, asking, text, { echo: true, logprobs: TOP_OF_ECHO });
  if ("reason" in said) return said;
  const [choice] = choicesOf(said.answer);
  const logprobs = choice?.logprobs;
  const count = isObject(logprobs) && Array.isArray(logprobs.tokens) ? logprobs.tokens.length : null;
  // The answer's own token may come after them.
  const isWhole =
    count === prompt.length + forced.length || count === prompt.length + forced.length + ANSWER_TOKENS;
  const tokens =
    isObject(logprobs) && isWhole ? echoedLogprobs(logprobs, prompt.length, forced.length) : null;
  return tokens === null
    ? { reason: "it echoes no logprobs for these tokens" }
    : { tokens, ...reportOf(said.answer), source: "echoed logprobs" };
};

const byGenerate: Way = async (call, { endpoint }, { prompt, forced, body }) => {
  const said = await posted(call, `${endpoint.rootPath}/generate`, {
    ...body,
    input_ids: [...prompt, ...forced],
    sampling_params: { max_new_tokens: ANSWER_TOKENS, temperature: 0 },
    return_logprob: true,
    // The first reported token has nothing before it, and so no probability.
    logprob_start_len: prompt.length - 1,
    top_logprobs_num: TOP,
  });
  if ("reason" in said) return said;
  const meta = isObject(said.answer.meta_info) ? said.answer.meta_info : {};
  const last = (told: unknown): readonly unknown[] => (Array.isArray(told) ? told.slice(-forced.length) : []);
  const tokens = inputLogprobs(last(meta.input_token_logprobs), last(meta.input_top_logprobs), forced);
  return tokens === null
    ? { reason: "its /generate returns no input_top_logprobs for these tokens" }
    : { tokens, ...reportOf({ usage: meta }), source: "meta_info.input_top_logprobs" };
};

const tokenByToken: Way = async (call, { endpoint }, { prompt, forced, body }) => {
  const tokens: TokenDistribution[] = [];
  let first: JsonObject | null = null;
  for (const [index, id] of forced.entries()) {
    const said = await posted(call, `${endpoint.rootPath}/completion`, {
      ...body,
      // After the first token the KV is the text's own, as in decoding.
      ...(index > 0 && { cache_prompt: true }),
      prompt: [...prompt, ...forced.slice(0, index)],
      n_predict: ANSWER_TOKENS,
      n_probs: TOP_OF_NEXT,
      temperature: 0,
    });
    if ("reason" in said) return said;
    const token = nextLogprobs(said.answer.completion_probabilities, id);
    if (token === null) return { reason: "its /completion returns no completion_probabilities with ids" };
    tokens.push(token);
    first ??= said.answer;
  }
  return { tokens, ...reportOf(first ?? {}), source: "completion_probabilities" };
};

/** A server must generate something. */
const ANSWER_TOKENS = 1;

type Said = { readonly answer: JsonObject } | { readonly reason: string };

/** A completion of a bare prompt that is not streamed, with the caller's fields. */
function completed(call: Call, asking: Asking, text: ForcedText, fields: JsonObject): Promise<Said> {
  const { endpoint, body } = asking;
  const sent = body([...text.prompt, ...text.forced], ANSWER_TOKENS, { ...text.body, ...fields });
  return posted(call, `${endpoint.basePath}/completions`, sent);
}

async function posted(call: Call, path: string, body: JsonObject): Promise<Said> {
  const answer = await call("POST", path, { ...body, stream: false });
  if (answer.how === "failed") return { reason: answer.reason.replace(/\.$/, "") };
  if (answer.status !== 200) return { reason: answer.said.replace(/\.$/, "") };
  const said = jsonObject(answer.body);
  return said === null ? { reason: `its answer to ${path} is not JSON` } : { answer: said };
}

const choicesOf = ({ choices }: JsonObject): readonly JsonObject[] =>
  Array.isArray(choices) ? choices.filter(isObject) : [];

function reportOf(answer: JsonObject): Pick<ForcedTokens, "prompt_tokens" | "cached_tokens" | "usage"> {
  const usage = usageReports(answer, []).reduce<JsonObject>(
    (merged, report) => mergeUsage(merged, report),
    {},
  );
  const { prompt_tokens, cached_tokens } = readTokens(usage, null, true);
  return { prompt_tokens, cached_tokens, usage };
}
