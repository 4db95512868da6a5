import type { ProfileName } from "./profile/profile.js";

const HOW: Partial<Readonly<Record<ProfileName, string>>> = {
  ollama:
    "load the model with a larger num_ctx (OLLAMA_CONTEXT_LENGTH, or PARAMETER num_ctx of its Modelfile)",
  llamacpp: "start llama-server with a larger -c, which the slots of -np share",
  litellm: "give the server behind the proxy a longer context",
};

/**
 * What gives a server room for longer prompts, as an instruction.
 *
 * Source: Ollama's `docs/faq.md`, llama.cpp `tools/server/README.md`.
 *
 * @example longerContext("llamacpp") // "start llama-server with a larger -c, which the slots of -np share"
 */
export function longerContext(server: ProfileName): string {
  return HOW[server] ?? "start the server with a longer context, or ask for a shorter one";
}
