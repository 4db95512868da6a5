import { describe, expect, it } from "vitest";
import { withVersion } from "../../src/cli/commands/proxy-servers.js";

describe("the URL of a provider or a proxy", () => {
  it.each([
    ["http://localhost:4000", "http://localhost:4000/v1"],
    ["http://localhost:4000/", "http://localhost:4000/v1"],
    ["http://localhost:4000/v1/", "http://localhost:4000/v1"],
    ["http://localhost:4000/openai", "http://localhost:4000/openai/v1"],
    ["https://x.google.com/v1beta/openai/", "https://x.google.com/v1beta/openai"],
    ["http://x/openai/deployments/g?api-version=1", "http://x/openai/deployments/g?api-version=1"],
    ["http://x/openai/deployments/g/?api-version=1", "http://x/openai/deployments/g?api-version=1"],
    ["http://x/openai?api-version=1", "http://x/openai/v1?api-version=1"],
    ["nonsense", "nonsense"],
  ])("%s is %s", (given, url) => expect(withVersion(given)).toBe(url));
});
