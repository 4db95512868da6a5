import type { Recipe } from "./launch.js";

const KEY = "litellm.key";

/**
 * LiteLLM's proxy before one provider, without a database. As in LiteLLM 1.108.7, which does not start without a key of its own,
 * or with one that everybody knows.
 */
export const litellm: Recipe = {
  port: 4000,
  takesRedis: false,
  launch: ({ model, port, providerUrl }) => ({
    next: `firsttoken sweep --api_base http://localhost:${port}/v1 --api_key @${KEY}`,
    steps: [
      {
        title: "LiteLLM's proxy",
        file: {
          path: "litellm.yaml",
          text: [
            "model_list:",
            `  - model_name: ${JSON.stringify(model)}`,
            "    litellm_params:",
            `      model: ${JSON.stringify(`openai/${model}`)}`,
            `      api_base: ${JSON.stringify(providerUrl)}`,
            "      api_key: os.environ/PROVIDER_API_KEY",
            "litellm_settings:",
            "  drop_params: true",
            "",
          ].join("\n"),
        },
        key: { path: KEY, variable: "LITELLM_MASTER_KEY" },
        environment: { PROVIDER_API_KEY: "EMPTY", LITELLM_TELEMETRY: "False" },
        command: [["litellm"], ["--config", "litellm.yaml"], ["--port", String(port)]],
        stays: true,
      },
    ],
    notes: [
      'pip install "litellm[proxy]". PROVIDER_API_KEY is the provider\'s key; a local server takes any.',
      `The proxy's own key is random and in ${KEY}, because LiteLLM does not start without one.`,
      "`firsttoken proxy` starts a proxy and a provider by itself and measures one against the other.",
      "A proxy passes the provider's cached tokens on, but not its routes: resets and token counts must go to the provider.",
    ],
  }),
};
