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
      "Every answer reports its cached tokens. Those of the chat template are always cached. The request field cache_prompt: false makes a request cold.",
      "--cache-reuse 256 moves cached chunks of the last prompt to new positions without recomputing them: full KV reuse, in their old order, with its loss of quality.",
      "With a GPU, current builds offload all layers by default; older ones need -ngl 99.",
    ],
  }),
};
