import type { Recipe } from "./launch.js";

/** llama.cpp's own server with one slot. Flags as in its `tools/server/README.md`, autumn 2026. */
export const llamacpp: Recipe = {
  port: 8080,
  takesRedis: false,
  launch: ({ model, port, contextTokens }) => ({
    next: `firsttoken sweep --api_base http://localhost:${port}/v1`,
    steps: [
      {
        title: "llama.cpp, with one slot",
        environment: {},
        command: [
          ["llama-server"],
          model.endsWith(".gguf") ? ["--model", model] : ["--hf-repo", model],
          ["--port", String(port)],
          ["--ctx-size", String(contextTokens ?? 0)],
          ["--parallel", "1"],
          ["--cache-ram", "0"],
          ["--metrics"],
          ["--slots"],
        ],
        stays: true,
      },
    ],
    notes: [
      "One slot, so that a repeated prompt meets its own KV; --cache-ram 0, so that no evicted prompt comes back from memory; --ctx-size 0 is the model's own.",
      "Every answer tells cached tokens. A few are always cached: those of the chat template. The request field cache_prompt: false makes a request cold.",
      "--cache-reuse 256 moves cached chunks of the last prompt to new places without recomputing: full KV reuse, in the order they had, with quality as that has it.",
      "With a graphics card, all layers go to it by themselves in current builds; older ones want -ngl 99.",
    ],
  }),
};
