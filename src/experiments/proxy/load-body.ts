import { insteadOf, refusedField, without } from "../../client/dialect.js";
import { plainText } from "../../domain/plain-text.js";
import type { LoadedRequest } from "../../domain/records/record-kinds.js";
import type { ResolvedTarget } from "../load-target.js";
import { loadOn } from "./proxy-block.js";
import type { CheckedProxyOptions } from "./proxy-options.js";

/**
 * The options with a body that leaves out the benchmark's own field (`max_tokens`) that a target's refusal names; all targets
 * then get the same body. `null` if the refusal names none: the caller's own fields stay.
 */
export function withoutRefused(
  target: ResolvedTarget,
  { status, error }: LoadedRequest,
  options: CheckedProxyOptions,
): CheckedProxyOptions | null {
  if ((status !== 400 && status !== 422) || error === null) return null;
  const { body } = loadOn(target, options);
  const field = refusedField(error, body, new Set(Object.keys(options.body)));
  if (field === null) return null;
  const say = options.onNotice ?? ((notice: string) => void process.stderr.write(`${plainText(notice)}\n`));
  say(`${target.url} refuses the field ${field}: all requests are sent ${insteadOf(field)}.`);
  const mended = { [field]: undefined, ...without({ [field]: body[field] }, field) };
  return { ...options, body: { ...options.body, ...mended } };
}
