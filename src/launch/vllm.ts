import type { Launch, LaunchOptions, Recipe, Step } from "./launch.js";
import { weightNotes } from "./model-shape.js";

/**
 * vLLM with its own prefix cache, which is on without asking.
 *
 * Flags as in vLLM 0.33.0 (`vllm/engine/arg_utils.py`, `vllm/entrypoints`).
 */
export const vllm: Recipe = {
  port: 8000,
  takesRedis: false,
  launch: (options) => ({
    next: `firsttoken sweep --api_base http://localhost:${options.port}/v1`,
    steps: [
      vllmStep(options, {
        title: "vLLM, with its prefix cache",
        environment: RESETTABLE,
        flags: [["--enable-prompt-tokens-details"]],
      }),
    ],
    notes: [
      ...weightNotes(options.model, options.contextTokens),
      "For a server that never reuses a prefix, add --no-enable-prefix-caching.",
      DEV_MODE_NOTE,
      OLDER_NOTE,
    ],
  }),
};

/** What opens `POST /reset_prefix_cache`. */
export const RESETTABLE = { VLLM_SERVER_DEV_MODE: "1" };

export const DEV_MODE_NOTE =
  "VLLM_SERVER_DEV_MODE=1 opens POST /reset_prefix_cache and other routes without authentication: use it only where nobody else can reach the port.";

const OLDER_NOTE =
  "Older versions: `python -m vllm.entrypoints.openai.api_server --model MODEL` starts the same server; those before 0.8 reuse prefixes only with --enable-prefix-caching.";

/** The command of a vLLM server with further flags, a printed line for each. */
export function vllmStep(
  { model, gpus, port, contextTokens }: LaunchOptions,
  extra: {
    readonly title: string;
    readonly environment: Readonly<Record<string, string>>;
    readonly flags: Step["command"];
  },
): Launch["steps"][number] {
  return {
    title: extra.title,
    environment: extra.environment,
    command: [
      ["vllm", "serve", model],
      ["--port", String(port)],
      ...(gpus > 1 ? [["--tensor-parallel-size", String(gpus)]] : []),
      ...(contextTokens === null ? [] : [["--max-model-len", String(contextTokens)]]),
      ["--gpu-memory-utilization", "0.9"],
      ...extra.flags,
    ],
    stays: true,
  };
}
