import { ServerError } from "../../domain/errors/errors.js";
import { isObject, type JsonObject, jsonValue } from "../../domain/json.js";
import { toldLine } from "../../domain/plain-text.js";
import type { Endpoint } from "../../wire/endpoint.js";
import type { Headers } from "../../wire/http-request.js";
import type { Answered, Call } from "./call.js";

export interface Model {
  readonly id: string;
  /** What the list says about it; empty if nothing. */
  readonly entry: JsonObject;
}

/** The server's models and the headers of its answer; if the list can't be read, no models and the reason. */
export interface ModelList {
  readonly models: readonly Model[];
  readonly headers: Headers;
  readonly failure: ListFailure | null;
}

/**
 * What is wrong with a list, as a sentence; what to do, as a sentence without its full stop; and when a model's name would
 * help.
 */
interface ListFailure {
  readonly what: string;
  readonly toDo: string | null;
  readonly or: string;
  readonly status: number | null;
  readonly cause: Error | null;
}

const NAME_IT = "name the model with --model (model)";

/** Asks for the server's models: `{"data": [{"id": …}]}`, or a bare array of them as Together answers. */
export async function listModels(endpoint: Endpoint, call: Call): Promise<ModelList> {
  const { url } = endpoint;
  const answer = await call("GET", `${endpoint.basePath}/models`);
  if (answer.how === "failed") {
    const failure = { what: answer.reason, toDo: null, or: "", status: null, cause: answer.cause };
    return { models: [], headers: {}, failure };
  }
  const { status, headers } = answer;
  const none = (what: string, toDo: string | null, or: string): ModelList => ({
    models: [],
    headers,
    failure: { what, toDo, or, status, cause: null },
  });
  if (status !== 200) return none(...refusal(endpoint, answer));
  const models = readModels(answer.body);
  if (models === null) {
    const begins = JSON.stringify(answer.said.slice(0, 60));
    return none(
      `${url}/models did not answer with OpenAI's {"data": [{"id": …}]} (it begins ${begins}).`,
      "Check that the URL is the server's OpenAI route",
      "or",
    );
  }
  if (models.length === 0) return none(`${url}/models lists no model.`, "Load one first", "or");
  return { models, headers, failure: null };
}

function refusal(
  { url, basePath }: Endpoint,
  { status, said }: Answered,
): readonly [string, string | null, string] {
  // LiteLLM without a database says so of a key that it does not know.
  switch (said.includes("No connected db") ? 401 : status) {
    case 401:
    case 403:
      return [
        `${url}/models refused the API key (${said})`,
        "Give the right one with --api_key (apiKey)",
        "or, if the key may not list models,",
      ];
    case 404:
    case 405: {
      const base = url.replace(/\/(chat\/completions|completions|models)$/, "");
      const isBase = base === url;
      const hint =
        isBase && /\/v1$|\/deployments\//.test(basePath) ? "" : `, perhaps ${isBase ? `${url}/v1` : base}`;
      return [
        `There is no ${url}/models (HTTP ${status}).`,
        `Give the base URL of the server's OpenAI route${hint}`,
        "or, if it has no such list,",
      ];
    }
    default:
      return [`${url}/models failed: ${said || `HTTP ${status}.`}`, null, ""];
  }
}

function readModels(body: string): readonly Model[] | null {
  const answer = jsonValue(body);
  const list = isObject(answer) && "data" in answer ? (answer.data ?? []) : answer;
  if (!Array.isArray(list)) return null;
  const models = list.flatMap((entry: unknown) =>
    isObject(entry) && typeof entry.id === "string" && entry.id !== "" ? [{ id: entry.id, entry }] : [],
  );
  return models.length === 0 && list.length > 0 ? null : models;
}

/** Azure names the model in the path, and lists none there. */
export const deploymentOf = ({ basePath }: Endpoint): string | undefined =>
  /\/deployments\/([^/]+)$/.exec(basePath)?.[1];

/** The model to ask, and whether the list confirms that the server has it. */
export interface Choice {
  readonly model: Model;
  readonly isListed: boolean;
}

/**
 * The named model, with what the list says of it, of `NAME:latest` (Ollama), of the name without its variant (OpenRouter's
 * `:nitro`) or of a wildcard (LiteLLM's `openai/*`); without a name the first that can answer.
 *
 * @throws ServerError if none is named and the list offers none.
 */
export function chooseModel(endpoint: Endpoint, list: ModelList, name: string | undefined): Choice {
  const { models, failure } = list;
  if (name === undefined) {
    if (failure !== null)
      throw listError(endpoint, failure, sentence(failure.toDo, `, ${failure.or} ${NAME_IT}`));
    const single = models.filter(({ id }) => !id.includes("*"));
    const model = single.find(answers) ?? single[0];
    if (model !== undefined) return { model, isListed: true };
    throw new ServerError(
      `${endpoint.url}/models lists only patterns (${shown(models)}): ${NAME_IT}, one that fits them.`,
      { url: endpoint.url },
    );
  }
  const listed =
    models.find(({ id }) => id === name) ??
    models.find(({ entry }) => Array.isArray(entry.aliases) && entry.aliases.includes(name)) ??
    models.find(({ id }) => id === `${name}:latest`);
  if (listed !== undefined) return { model: { ...listed, id: name }, isListed: true };
  const base = name.replace(/:[^:/]+$/, "");
  const like = models.find(({ id }) => id === base) ?? models.find(({ id }) => fits(id, name));
  return { model: { id: name, entry: like?.entry ?? {} }, isListed: false };
}

/** Lists may contain embedding and ranking models among those that answer. */
const answers = ({ id, entry }: Model): boolean =>
  !/embed|rerank|moderation|whisper|tts\b/i.test(`${id} ${entry.type ?? ""} ${entry.task ?? ""}`);

/** Whether a name fits a pattern such as `openai/*`. */
function fits(pattern: string, name: string): boolean {
  if (!pattern.includes("*")) return false;
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}

function shown(models: readonly Model[]): string {
  const first = models.slice(0, 10).map(({ id }) => toldLine(id));
  return `${first.join(", ")}${models.length > first.length ? ` and ${models.length - first.length} more` : ""}`;
}

/** Why a model that is not listed can't be used, given the answer to a request for it. */
export function unusable(
  endpoint: Endpoint,
  list: ModelList,
  name: string,
  said: string | null,
): ServerError {
  const { models, failure } = list;
  const asked = said === null ? "" : ` When asked for ${JSON.stringify(name)} anyway, it said: ${said}`;
  if (failure !== null)
    return listError(endpoint, failure, `${asked.trim()} ${sentence(failure.toDo)}`.trim());
  return new ServerError(
    `${endpoint.url} has no model ${JSON.stringify(name)}; it has ${shown(models)}.${asked}`,
    { url: endpoint.url },
  );
}

const sentence = (toDo: string | null, more = ""): string => (toDo === null ? "" : `${toDo}${more}.`);

function listError({ url }: Endpoint, { what, status, cause }: ListFailure, more: string): ServerError {
  return new ServerError(`${what} ${more}`.trim(), {
    url,
    ...(status !== null && { status }),
    ...(cause !== null && { cause }),
  });
}
