import type { Random } from "../stats/random.js";
import { chatFormat, completionFormat } from "./answer-format.js";
import type { GuardedAnswering } from "./behind-door.js";
import { completionAnswer, parseCompletion } from "./completion.js";
import { HttpError } from "./http/request-head.js";
import type { HttpRequest } from "./http/request-parser.js";
import { type Answer, errorBody, jsonResponse, type Step } from "./http/response.js";
import { faultAt, faultShares, type MockSettings } from "./mock-options.js";

/** The one listed model; any other name is answered too, under that name. */
const MODEL = "mock";
const WORD = "hello ";

export interface MockAnswering extends GuardedAnswering {
  readonly requests: number;
}

/** Answers as an OpenAI-compatible server does. `now` is in nanoseconds, `wallTime` in Unix milliseconds. */
export function mockApi(
  settings: MockSettings,
  { random, now, wallTime }: { readonly random: Random; now(): bigint; wallTime(): number },
): MockAnswering {
  let requests = 0;
  let completions = 0;
  const shares = faultShares(settings.faults);
  const seconds = { first: settings.firstTokenDelaySeconds, gap: settings.chunkGapSeconds };
  const { chunks, jitter, stamps } = settings;
  const wait = (step: "first" | "gap") => seconds[step];
  const text = stamps ? () => `@${now()} ` : () => WORD;

  const complete = ({ head, body }: HttpRequest, wording: typeof chatFormat): Answer => {
    const request = parseCompletion(body, MODEL);
    completions += 1;
    const created = Math.floor(wallTime() / 1000);
    const format = wording({
      ...{ number: completions, created },
      model: request.model,
      promptTokens: request.promptTokens,
    });
    const plan = { format, chunks, fault: null, wait, text };
    if (shares.length === 0 && jitter === 0) return completionAnswer(head, request, plan);
    // Each request makes its own draws, so nothing depends on other requests.
    const draw = random.fork(`request ${completions}`);
    const fault = faultAt(shares, draw());
    const spread = (step: "first" | "gap") => seconds[step] * (1 + jitter * (2 * draw() - 1));
    return completionAnswer(head, request, { ...plan, fault, wait: spread });
  };

  const route = (request: HttpRequest): Answer => {
    const { method, path } = request.head;
    const get = method === "HEAD" ? "GET" : method;
    switch (`${get} ${path}`) {
      case "POST /v1/chat/completions":
        return complete(request, chatFormat);
      case "POST /v1/completions":
        return complete(request, completionFormat);
      case "GET /v1/models":
        return whole(jsonResponse(request.head, 200, MODELS));
      case "GET /health":
        return whole(jsonResponse(request.head, 200, `{"status":"ok"}`));
    }
    const exists = PATHS.includes(path);
    throw exists
      ? new HttpError(405, `${path} does not take ${method}.`)
      : new HttpError(404, `There is no ${method} ${path}.`);
  };

  return {
    get requests() {
      return requests;
    },
    request(request) {
      requests += 1;
      try {
        return route(request);
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        return refused(request, error);
      }
    },
    refused,
    refusal: ({ status, message }) =>
      whole(jsonResponse({ method: "GET", minor: 1, keepAlive: false }, status, errorBody(status, message))),
  };
}

const PATHS = ["/v1/chat/completions", "/v1/completions", "/v1/models", "/health"];
const MODELS = JSON.stringify({
  object: "list",
  data: [{ id: MODEL, object: "model", created: 0, owned_by: "firsttoken-mock" }],
});

const refused = ({ head }: HttpRequest, { status, message }: HttpError): Answer =>
  whole(jsonResponse(head, status, errorBody(status, message)));

function* whole(write: string): Generator<Step, void> {
  yield { write };
}
