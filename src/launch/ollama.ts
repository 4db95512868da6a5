import type { Recipe } from "./launch.js";

/** Older servers and small cards give less than a benchmark sends. */
const CONTEXT_TOKENS = 32_768;

/** Ollama with one request at a time. Variables as in its `docs/faq.mdx` and `docs/context-length.mdx`, autumn 2026. */
export const ollama: Recipe = {
  port: 11_434,
  takesRedis: false,
  launch: ({ model, port, contextTokens }) => ({
    next: `firsttoken sweep --api_base http://localhost:${port}/v1`,
    steps: [
      {
        title: "Ollama's server",
        environment: {
          OLLAMA_HOST: `127.0.0.1:${port}`,
          OLLAMA_NUM_PARALLEL: "1",
          OLLAMA_CONTEXT_LENGTH: String(contextTokens ?? CONTEXT_TOKENS),
          OLLAMA_KEEP_ALIVE: "-1",
        },
        command: [["ollama", "serve"]],
        stays: true,
      },
      {
        title: "the model, in another terminal",
        environment: { OLLAMA_HOST: `127.0.0.1:${port}` },
        command: [["ollama", "pull", model]],
        stays: false,
      },
    ],
    notes: [
      "OLLAMA_CONTEXT_LENGTH must hold the longest prompt: Ollama cuts a longer one silently, and its TTFT is then that of a shorter prompt.",
      "The first request loads the model; OLLAMA_KEEP_ALIVE=-1 keeps it loaded. To empty the cache, unload it: ollama stop MODEL.",
    ],
  }),
};
