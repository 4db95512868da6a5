import { describe, expect, it } from "vitest";
import { litellmConfig } from "../../src/proxies/litellm.js";

const route = {
  model: "perf-test-model",
  providerUrl: "http://127.0.0.1:8099/v1",
  providerKey: "fake-provider-key",
  apiKey: "sk-1234",
};

describe("LiteLLM's configuration", () => {
  it("is the benchmark script's, with every value quoted", () => {
    expect(litellmConfig(route)).toBe(`model_list:
  - model_name: "perf-test-model"
    litellm_params:
      model: "openai/perf-test-model"
      api_key: "fake-provider-key"
      api_base: "http://127.0.0.1:8099/v1"

general_settings:
  master_key: "sk-1234"

litellm_settings:
  drop_params: true
  telemetry: false
`);
  });

  it.each([
    'a": b #',
    "yes",
    "0x10",
    "back\\slash",
    "{{}} %TAG & *x",
  ])("keeps the key %j a text", (apiKey) => {
    const line = /master_key: (.*)/.exec(litellmConfig({ ...route, apiKey }))![1]!;
    // In printable ASCII, a JSON string is a double-quoted YAML scalar (YAML 1.2, §1.3).
    expect(JSON.parse(line)).toBe(apiKey);
  });

  it("refuses a key that no header could carry, without showing it", () => {
    expect(() => litellmConfig({ ...route, apiKey: "sk-schlüssel" })).toThrow(
      'apiKey must be printable ASCII text; received "[not shown]".',
    );
    expect(() => litellmConfig({ ...route, providerKey: "line\nbreak" })).toThrow(
      "providerKey must be printable",
    );
  });
});
