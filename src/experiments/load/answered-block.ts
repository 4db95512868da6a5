import { randomUUID } from "node:crypto";
import { ServerError } from "../../domain/errors/errors.js";
import type { LoadRecord } from "../../domain/records/record-kinds.js";
import type { PromptFormat } from "../../domain/records/words.js";
import { pause } from "../../domain/waiting.js";
import type { Method } from "../../methods/request/method.js";
import { sendPrompt } from "../../methods/request/send-prompt.js";

/** What a block's requests were sent to, and what is known of it from earlier blocks. */
export interface AskedSide {
  readonly method: Method;
  readonly format: PromptFormat;
  /** Whether any request of this label was answered in an earlier block. */
  readonly hasAnswered: boolean;
  /** What to say where every request of its first block was refused, if that can't count; null if it can. */
  readonly firstRefused: string | null;
  readonly signal: AbortSignal | undefined;
}

/** Statuses by which a server sheds load: too many requests, and none to serve them. */
const STATUSES: ReadonlySet<number> = new Set([429, 503]);

/** Whether a status says that a server sheds load. */
const isShedding = (status: number | null): boolean => status !== null && STATUSES.has(status);

/** Whether a server refused a request because there were too many. */
export const isShed = ({ failure, status }: Pick<LoadRecord, "failure" | "status">): boolean =>
  failure === "bad status" && isShedding(status);

/**
 * Sees to it that a block says something about the load. One without an answer does if the server shed it all and is there
 * all the same: then nothing was served at its level. It does not if the server died, or refuses what no load explains.
 *
 * @throws ServerError where it says nothing: it is not written, so that a resumed run measures it again.
 */
export async function requireAnswered(records: readonly LoadRecord[], asked: AskedSide): Promise<void> {
  const { method, format, hasAnswered, firstRefused, signal } = asked;
  if (records.every(({ outcome }) => outcome !== "ok")) {
    const reason = records.find(isNoLoad) ?? (hasAnswered ? undefined : records.find((row) => !isLoad(row)));
    if (reason !== undefined) throw noneAnswered(method, records, reason, FIX);
    if (!hasAnswered && firstRefused !== null) throw noneAnswered(method, records, records[0]!, firstRefused);
  } else if (!mayHaveDied(records)) return;
  await requireAnswer(method, format, signal, DIED, REFUSED_SECONDS);
}

/** A refusal that would be the same at any load, such as of a key or a model. */
const isNoLoad = ({ failure, status }: LoadRecord): boolean =>
  failure === "bad status" && status !== null && status < 500 && status !== 408 && status !== 429;

/** A failure that a load alone brings about. */
const isLoad = (row: LoadRecord): boolean => row.outcome === "timeout" || isShed(row);

/**
 * Whether the last request of a block broke, or got a gateway's answer, as all do from a server's death on.
 */
function mayHaveDied(records: readonly LoadRecord[]): boolean {
  const { outcome, failure, status } = records.at(-1)!;
  return outcome !== "ok" && (failure !== "bad status" || (status ?? 500) >= 500);
}

const FIX = "What was measured is in the log; fix the server and continue with --resume (resume: true).";

function noneAnswered(
  { server: { url } }: Method,
  { length }: readonly LoadRecord[],
  { failure, error, status }: LoadRecord,
  then: string,
): ServerError {
  return new ServerError(
    `Stopped because all ${length} requests of a block to ${url} failed; one of them: ${failure}: ${error} ${then}`,
    { url, ...(status !== null && { status }) },
  );
}

const DIED =
  "as did the last of a block, which is not written for that: fix the server and continue with --resume (resume: true)";

/** How long a server may go on shedding after a block: limits of requests are often for a minute. */
const REFUSED_SECONDS = 60;

/**
 * One short request, by which the server shows what it refuses before hundreds are sent.
 *
 * @param then what follows for the run where it fails.
 * @param refusedSeconds for how long it is sent again while the server sheds load.
 */
export async function requireAnswer(
  { server }: Method,
  format: PromptFormat,
  signal: AbortSignal | undefined,
  then = "so no load was begun",
  refusedSeconds = 0,
): Promise<void> {
  const until = performance.now() + 1_000 * refusedSeconds;
  for (;;) {
    const text = `${randomUUID()} is a name that nobody has.`;
    const { outcome, error, status } = await sendPrompt(server, { format }, text, { maxTokens: 1, signal });
    if (outcome === "ok") return;
    if (!isShedding(status) || performance.now() >= until)
      throw new ServerError(`A short request to ${server.url} failed, ${then}: ${error}`, {
        url: server.url,
        ...(status !== null && { status }),
      });
    await pause(1, signal);
  }
}
