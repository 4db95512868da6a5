import type { JsonObject } from "../../domain/json.js";
import { toldLine } from "../../domain/plain-text.js";
import type { Redact } from "../../domain/secrets/redactor.js";
import { type Answers, existsFor, type ServerAnswer } from "../../servers/profile/answers.js";
import type { ProfileName, Recognised } from "../../servers/profile/profile.js";
import { pathsToAsk, profileNamed, recognise, wantedOfScrape } from "../../servers/recognise.js";
import type { Endpoint } from "../../wire/endpoint.js";
import type { Headers } from "../../wire/http-request.js";
import { createTransport } from "../../wire/transport.js";
import { createCall } from "./call.js";
import type { Recognition } from "./facts.js";

/** What recognition needs of a connected server. */
export interface RecognitionContext {
  readonly endpoint: Endpoint;
  readonly headers: Headers;
  readonly ca: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly redact: Redact;
  readonly model: JsonObject;
  readonly modelHeaders: Headers;
  readonly profile: ProfileName | undefined;
  readonly hasCacheServer: boolean;
}

/**
 * A server that knows a path answers a GET at once, except for the first time: LiteLLM then builds `/openapi.json` for
 * seconds, and answers nothing else meanwhile.
 */
const LIMITS_SECONDS = [2, 10] as const;

/**
 * Finds out which server this is: a few GETs at the same time, over separate connections, each abandoned after 2 seconds. If
 * the others do not reveal the kind and version, it is asked once more, for 10 seconds. No answer is no sign.
 *
 * @throws nothing but the signal's reason.
 */
export async function recogniseServer(
  context: RecognitionContext,
  limitsSeconds: readonly number[] = LIMITS_SECONDS,
): Promise<Recognition> {
  const { endpoint, model, modelHeaders, profile, hasCacheServer } = context;
  const said: Answers = { host: endpoint.host, model, headers: modelHeaders, got: new Map() };
  const paths = profile === undefined ? pathsToAsk(said) : profileNamed(profile).asks;
  const got = new Map<string, ServerAnswer>();
  const answers: Answers = { ...said, got };
  const tell = (): Recognised =>
    profile === undefined
      ? recognise(answers)
      : { profile: profileNamed(profile), signs: profileNamed(profile).recognise(answers), sure: true };
  for (const seconds of limitsSeconds) {
    const unanswered = paths.filter((path) => !got.has(path));
    for (const [path, answer] of await getAll(context, unanswered, seconds)) got.set(path, answer);
    const { sure, profile: seen } = tell();
    if (sure && seen.version(answers) !== null) break;
  }
  const found = tell();
  // The answers stay in here: they may contain the server's own keys (SGLang's /server_info does).
  return {
    ...found,
    signs: found.signs.map(toldLine),
    version: toldLine(found.profile.version(answers) ?? "") || null,
    blockTokens: found.profile.blockTokens(answers),
    named: profile !== undefined,
    hasCacheServer,
    hasMetrics: got.get("/metrics")?.status === 200,
    exists: (path) => existsFor(answers, path),
    advise: (seen) => [
      ...(found.sure || found.signs.length === 0
        ? []
        : [
            `Only ${found.signs[0]} shows that it is ${found.profile.title}: name it with --profile (profile) to be sure.`,
          ]),
      ...found.profile.advice({ ...seen, hasCacheServer, answers }),
    ],
  };
}

/** The answers that came in time, by path. */
async function getAll(
  { endpoint, headers, ca, signal, redact }: RecognitionContext,
  paths: readonly string[],
  seconds: number,
): Promise<readonly (readonly [string, ServerAnswer])[]> {
  const transport = createTransport(endpoint, { timeoutSeconds: seconds, ca });
  const limits = { timeoutSeconds: seconds, idleTimeoutSeconds: seconds, signal };
  const call = createCall({ endpoint, transport, headers, limits, redact });
  try {
    const answers = await Promise.all(
      paths.map(async (path) => {
        const isWanted = path === "/metrics" ? wantedOfScrape() : undefined;
        return [path, await call("GET", `${endpoint.rootPath}${path}`, undefined, isWanted)] as const;
      }),
    );
    return answers.flatMap(([path, answer]) => (answer.how === "answered" ? [[path, answer] as const] : []));
  } finally {
    transport.close();
  }
}
