import { isObject, type JsonObject, jsonObject } from "../../domain/json.js";
import type { SeriesPrefix } from "./counters.js";
import { parsePrometheus, type Sample } from "./prometheus.js";

/** What a server answered to one GET. */
export interface ServerAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** For `/metrics`, the wanted lines. */
  readonly body: string;
}

/** What a server has reported about itself, by which it is recognised. */
export interface Answers {
  /** The host it was asked at, such as `api.openai.com`. */
  readonly host: string;
  /** The model's entry in `/models`. */
  readonly model: JsonObject;
  /** Headers of the answer to `/models`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Answers by path below the server's root; paths that were not asked, or not answered in time, are missing. */
  readonly got: ReadonlyMap<string, ServerAnswer>;
}

/** The JSON object at a path that was answered with 200, or null. */
export function jsonAt({ got }: Answers, path: string): JsonObject | null {
  const answer = got.get(path);
  return answer?.status === 200 ? jsonObject(answer.body) : null;
}

/** The text of one field of {@link jsonAt}, or null. */
export function textAt(answers: Answers, path: string, field: string): string | null {
  const value = jsonAt(answers, path)?.[field];
  return typeof value === "string" && value !== "" ? value : null;
}

/** `title` or `version` of a server's OpenAPI page, or null. */
export function pageSays(answers: Answers, field: "title" | "version"): string | null {
  const info = jsonAt(answers, "/openapi.json")?.info;
  const value = isObject(info) ? info[field] : null;
  return typeof value === "string" && value !== "" ? value : null;
}

/** Whether a path exists for another method: then frameworks answer 405, and otherwise 404. */
export function existsFor(answers: Answers, path: string): boolean | null {
  const status = answers.got.get(path)?.status;
  return status === undefined ? null : status === 405;
}

/** The samples of `/metrics`; none if it is not answered. */
export function metricsOf({ got }: Answers): readonly Sample[] {
  const answer = got.get("/metrics");
  return answer?.status === 200 ? parsePrometheus(answer.body) : [];
}

/** Whether `/metrics` has a series whose name begins so. */
export const hasMetrics = (answers: Answers, prefix: SeriesPrefix): boolean =>
  metricsOf(answers).some(({ name }) => name.startsWith(prefix));

/** The model's `owned_by`, or null. */
export function ownerOf({ model }: Answers): string | null {
  return typeof model.owned_by === "string" ? model.owned_by : null;
}
