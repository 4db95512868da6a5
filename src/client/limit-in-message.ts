/** What stands before the number: `context length is 2048`, `context size (2048 tokens)`, `context window of 512`. */
const LIMIT = /\bcontext[ _](?:length|size|window|limit)\D{0,24}?(\d[\d,]*)/i;
const N_CTX = /\bn_ctx\D{0,4}(\d+)/i;

/**
 * The context limit that a server's refusal of a too long prompt names; null where it names none.
 *
 * @example limitInMessage("This model's maximum context length is 2048 tokens. However, …") // 2048
 */
export function limitInMessage(message: string): number | null {
  const said = LIMIT.exec(message)?.[1] ?? N_CTX.exec(message)?.[1];
  const tokens = Number(said?.replaceAll(",", ""));
  return Number.isSafeInteger(tokens) && tokens > 0 ? tokens : null;
}
