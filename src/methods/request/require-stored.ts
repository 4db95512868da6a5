import type { Server } from "../../client/server.js";
import type { TimedCompletion } from "../../client/timed-completion.js";
import { MethodRefused } from "../../domain/errors/errors.js";

/**
 * Refuses to go on when a preparing request failed: what it should have stored is not there. The error's `cause` is the
 * completion's `context_refusal`, where its prompt was too long.
 */
export function requireStored(method: string, completion: TimedCompletion, server: Server): void {
  if (completion.outcome === "ok") return;
  throw new MethodRefused(
    method,
    `${server.url} did not store what it is to reuse: ${completion.error}`,
    completion.context_refusal ?? undefined,
  );
}
