import type { CacheEvidence } from "../../client/cache-evidence.js";
import type { ForcedLogprobs, ForcedText, ForcedTokens } from "../../client/server/facts.js";
import { hearing, type Server } from "../../client/server.js";
import { type ChunkedPrompt, wholePrompt } from "../../domain/records/chunked-prompt.js";
import { wholeIds } from "../../domain/records/prompt-ids.js";
import { NEXT_TO_EACH_OTHER, promptIds } from "./prompt-ids.js";

/**
 * The ids of a whole prompt after which a text is forced: those it is sent as, else its text's.
 *
 * @throws MethodRefused if the server gives none.
 */
export async function idsOfWhole(
  method: string,
  server: Server,
  prompt: ChunkedPrompt,
): Promise<readonly number[]> {
  if (prompt.ids !== undefined) return wholeIds(prompt.ids);
  const whole = { ...prompt, prefix: "", chunks: [], question: wholePrompt(prompt) };
  return wholeIds(await promptIds(method, server, whole, NEXT_TO_EACH_OTHER));
}

/** Forces a text, and believes the result unless the server's report contradicts the method. */
export async function force(
  server: Server,
  text: ForcedText,
  signal: AbortSignal | undefined,
  evidenceOf: (told: ForcedTokens) => CacheEvidence,
): Promise<ForcedLogprobs> {
  const told = await hearing(server, signal).forcedLogprobs(text);
  if ("reason" in told) return told;
  const { evidence, evidence_reason } = evidenceOf(told);
  return evidence === "contradicted"
    ? { reason: `the method is contradicted where the text is forced: ${evidence_reason}` }
    : told;
}
