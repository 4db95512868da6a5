import type { Recipe } from "./launch.js";
import { weightNotes } from "./model-shape.js";

/** SGLang with its radix cache. Flags as in SGLang 0.5.23 (`sglang/srt/server_args.py`). */
export const sglang: Recipe = {
  port: 30_000,
  takesRedis: false,
  launch: ({ model, gpus, port, contextTokens }) => ({
    next: `firsttoken sweep --api_base http://localhost:${port}/v1`,
    steps: [
      {
        title: "SGLang, with its radix cache",
        environment: {},
        command: [
          ["python", "-m", "sglang.launch_server"],
          ["--model-path", model],
          ["--port", String(port)],
          ...(gpus > 1 ? [["--tp", String(gpus)]] : []),
          ...(contextTokens === null ? [] : [["--context-length", String(contextTokens)]]),
          ["--enable-cache-report"],
          ["--enable-metrics"],
        ],
        stays: true,
      },
    ],
    notes: [
      ...weightNotes(model, contextTokens),
      "Without --enable-cache-report no answer says how many of its tokens came from the cache.",
      "POST /flush_cache empties the cache; a busy server answers 400. For a server that never reuses a prefix, add --disable-radix-cache.",
    ],
  }),
};
