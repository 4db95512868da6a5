import { execFile } from "node:child_process";
import { OptionError } from "../domain/errors/errors.js";

/** One model behind a LiteLLM proxy, and the keys on both of its sides. */
export interface LitellmRoute {
  readonly model: string;
  /** Base URL of the provider, such as `http://127.0.0.1:8099/v1`. */
  readonly providerUrl: string;
  readonly providerKey: string;
  /** The key that the proxy requires from its clients. */
  readonly apiKey: string;
}

/**
 * LiteLLM's configuration for one OpenAI-compatible provider, as in its own benchmark script.
 *
 * @throws OptionError for a text that is not printable ASCII; the message never shows a key.
 */
export function litellmConfig({ model, providerUrl, providerKey, apiKey }: LitellmRoute): string {
  return `model_list:
  - model_name: ${scalar("model", model, model)}
    litellm_params:
      model: ${scalar("model", `openai/${model}`, model)}
      api_key: ${scalar("providerKey", providerKey)}
      api_base: ${scalar("providerUrl", providerUrl, providerUrl)}

general_settings:
  master_key: ${scalar("apiKey", apiKey)}

litellm_settings:
  drop_params: true
  telemetry: false
`;
}

/** A double-quoted YAML scalar: of printable ASCII, JSON's quoting is YAML's. */
function scalar(option: string, text: string, shown = "[not shown]"): string {
  if (!/^[\x20-\x7e]+$/.test(text)) throw new OptionError(option, "must be printable ASCII text", shown);
  return JSON.stringify(text);
}

const TIMEOUT_MILLISECONDS = 10_000;

/** The short hash of the commit checked out in a folder; "unknown" if there is none, or if the signal aborts. */
export function gitRevision(folder: string, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const options = { cwd: folder, timeout: TIMEOUT_MILLISECONDS, ...(signal && { signal }) };
    execFile("git", ["rev-parse", "--short", "HEAD"], options, (error, stdout) =>
      resolve(error === null && stdout.trim() !== "" ? stdout.trim() : "unknown"),
    );
  });
}
