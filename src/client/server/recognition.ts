import type { JsonObject } from "../../domain/json.js";
import { toldLine } from "../../domain/plain-text.js";
import type { Redact } from "../../domain/secrets/redactor.js";
import { type Answers, existsFor, type ServerAnswer } from "../../servers/profile/answers.js";
import type { Findings, ProfileName } from "../../servers/profile/profile.js";
import {
  pathsToAsk,
  profileNamed,
  type Recognised,
  recognise,
  wantedOfScrape,
} from "../../servers/recognise.js";
import type { Endpoint } from "../../wire/endpoint.js";
import type { Headers } from "../../wire/http-request.js";
import { createTransport } from "../../wire/transport.js";
import { createCall } from "./call.js";

/** Which server stands at an address. */
export interface Recognition extends Recognised {
  /** As the server tells it, or null. */
  readonly version: string | null;
  /** The fewest tokens its prefix cache takes or leaves; null where nothing tells. */
  readonly blockTokens: number | null;
  /** The profile is the caller's word (`connect(url, { profile })`), whatever the answers show. */
  readonly named: boolean;
  /** It answers `/metrics`. */
  readonly hasMetrics: boolean;
  /** The store beside it was named (`cacheServer` of `connect`). */
  readonly hasCacheServer: boolean;
  /** Whether a path exists for another method than GET; null when it was not asked. */
  exists(path: string): boolean | null;
  /** What can't be measured as it was started, given what was seen of it. */
  advise(seen: Pick<Findings, "reportsCachedTokens" | "countersTell">): readonly string[];
}

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
 * A server that knows a path answers a GET at once, but the first time: LiteLLM builds `/openapi.json` for seconds then,
 * and answers nothing else meanwhile.
 */
const LIMITS_SECONDS = [2, 10] as const;

/**
 * Asks a server who it is: a few GETs at the same time, over connections of their own, each given up after 2 seconds and,
 * where the others did not tell who it is and which version, asked once more for 10. What is not answered is no sign.
 *
 * @throws nothing but the signal's reason.
 */
export async function recogniseServer(context: RecognitionContext): Promise<Recognition> {
  const { endpoint, model, modelHeaders, profile, hasCacheServer } = context;
  const said: Answers = { host: endpoint.host, model, headers: modelHeaders, got: new Map() };
  const paths = profile === undefined ? pathsToAsk(said) : profileNamed(profile).asks;
  const got = new Map<string, ServerAnswer>();
  const answers: Answers = { ...said, got };
  const tell = (): Recognised =>
    profile === undefined
      ? recognise(answers)
      : { profile: profileNamed(profile), signs: profileNamed(profile).recognise(answers), sure: true };
  for (const seconds of LIMITS_SECONDS) {
    const unanswered = paths.filter((path) => !got.has(path));
    for (const [path, answer] of await getAll(context, unanswered, seconds)) got.set(path, answer);
    const { sure, profile: seen } = tell();
    if (sure && seen.version(answers) !== null) break;
  }
  const found = tell();
  // The answers stay in here: they may hold the server's own keys (SGLang's /server_info does).
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

/** The answers of those paths that were answered in time. */
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
