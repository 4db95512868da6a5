import { ServerError } from "../domain/errors.js";
import type { Answered, Call } from "./call.js";
import { isObject, type JsonObject } from "./delta.js";
import type { Endpoint } from "./endpoint.js";
import type { Headers } from "./http-request.js";
import { tokenCount } from "./usage.js";

/** The most tokens a request may have, prompt and answer together, and where the server says so. */
export interface ContextLimit {
  readonly tokens: number;
  readonly source: string;
}

export interface Model {
  readonly id: string;
  readonly entry: JsonObject;
}

/** The server's models, and the headers of its answer. */
export interface ModelList {
  readonly models: readonly Model[];
  readonly headers: Headers;
}

/** Asks for the server's models; every way this can fail is a ServerError with one sentence. */
export async function listModels(endpoint: Endpoint, call: Call): Promise<ModelList> {
  const { url } = endpoint;
  const answer = await call("GET", `${endpoint.basePath}/models`);
  if (answer.how === "failed")
    throw new ServerError(answer.reason, { url, cause: answer.cause ?? undefined });
  const { status } = answer;
  if (status !== 200) throw new ServerError(refusal(endpoint, answer), { url, status });
  const models = readModels(answer.body);
  if (models === null) {
    const begins = JSON.stringify(answer.said.slice(0, 60));
    throw new ServerError(
      `${url}/models did not answer with OpenAI's {"data": [{"id": …}]} (it begins ${begins}): check that the URL is the server's OpenAI route.`,
      { url, status },
    );
  }
  if (models.length === 0)
    throw new ServerError(`${url}/models lists no model: load one first.`, { url, status });
  return { models, headers: answer.headers };
}

function refusal(endpoint: Endpoint, { status, said }: Answered): string {
  const { url } = endpoint;
  switch (status) {
    case 401:
    case 403:
      return `${url}/models refused the API key (${said}) Give the right one as \`apiKey\`.`;
    case 404:
    case 405: {
      const hint = endpoint.basePath.endsWith("/v1") ? "" : `, perhaps ${url}/v1`;
      return `There is no ${url}/models (HTTP ${status}): give the base URL of the server's OpenAI route${hint}.`;
    }
    default:
      return `${url}/models failed: ${said}`;
  }
}

function readModels(body: string): readonly Model[] | null {
  let list: unknown;
  try {
    list = JSON.parse(body);
  } catch {
    return null;
  }
  if (!isObject(list) || !Array.isArray(list.data)) return null;
  const models = list.data.map((entry: unknown) =>
    isObject(entry) && typeof entry.id === "string" ? { id: entry.id, entry } : null,
  );
  return models.every((model) => model !== null) ? models : null;
}

/** The named model, by its id or an alias; without a name the first. */
export function chooseModel(endpoint: Endpoint, models: readonly Model[], name: string | undefined): Model {
  if (name === undefined) return models[0]!;
  const aliases = ({ entry }: Model): readonly unknown[] =>
    Array.isArray(entry.aliases) ? entry.aliases : [];
  const found = models.find(({ id }) => id === name) ?? models.find((model) => aliases(model).includes(name));
  if (found !== undefined) return { ...found, id: name };
  const shown = models.slice(0, 10).map(({ id }) => id);
  const more = models.length > shown.length ? ` and ${models.length - shown.length} more` : "";
  throw new ServerError(
    `${endpoint.url} has no model ${JSON.stringify(name)}; it has ${shown.join(", ")}${more}.`,
    {
      url: endpoint.url,
    },
  );
}

/** Where servers put the limit in an entry of `/models`: vLLM and SGLang, Groq, OpenRouter, LM Studio and Mistral. */
const LIMIT_FIELDS = ["max_model_len", "context_window", "context_length", "max_context_length"];

/**
 * The context limit, when the server tells it.
 *
 * llama.cpp's `meta` has the length the model was trained for; what a request may use is in its `/props`.
 */
export async function readContextLimit(
  endpoint: Endpoint,
  call: Call,
  model: Model,
): Promise<ContextLimit | null> {
  for (const field of LIMIT_FIELDS) {
    const tokens = tokenCount(model.entry[field]);
    if (tokens) return { tokens, source: `${field} of /models` };
  }
  const meta = model.entry.meta;
  if (!isObject(meta)) return null;
  const answer = await call("GET", `${endpoint.rootPath}/props`);
  const slot = answer.how === "answered" && answer.status === 200 ? slotLimit(answer.body) : null;
  if (slot) return { tokens: slot, source: "n_ctx of /props" };
  for (const field of ["n_ctx", "n_ctx_train"]) {
    const tokens = tokenCount(meta[field]);
    if (tokens) return { tokens, source: `meta.${field} of /models` };
  }
  return null;
}

function slotLimit(body: string): number | null {
  try {
    const props: unknown = JSON.parse(body);
    const settings = isObject(props) ? props.default_generation_settings : null;
    return isObject(settings) ? tokenCount(settings.n_ctx) : null;
  } catch {
    return null;
  }
}
